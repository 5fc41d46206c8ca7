//! Shopify's product CSV, in the header it has used since 2024.
//!
//! Source of the header, the values and the limits: `help.shopify.com/en/manual/products/import-export/using-csv`
//! and the `product_template.csv` offered there, read in November 2026. The template's example metafield column is
//! left out; metafields are optional.
//!
//! In Shopify a blank cell of a column that is in the file *erases* what the shop holds, and a column that is not
//! in the file leaves it alone. So there are two forms: [`Columns::All`], the template's, for a new shop, and
//! [`Columns::Filled`], with the columns that our catalogue can fill, for a shop that is edited by hand as well.
//!
//! Cells are not disarmed against spreadsheet formulas: an apostrophe before a title would be shown in the shop.

use std::collections::HashSet;

use product::ProductStatus;
use serde::{Deserialize, Serialize};

use crate::{LeftOut, Listing};

/// Shopify refuses a larger CSV file (15 MB).
pub const MAX_FILE_BYTES: usize = 15_000_000;
/// The longest title and handle, in characters.
const MAX_CHARS: usize = 255;

/// The columns of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Columns {
    /// Every column of Shopify's template.
    #[default]
    All,
    /// Only the columns that the catalogue can fill, so that an import erases nothing else.
    Filled,
}

/// The header, in the template's order; `true` = the catalogue can fill the column.
const HEADER: [(&str, bool); 56] = [
    ("Title", true),
    ("URL handle", true),
    ("Description", true),
    ("Vendor", true),
    ("Product category", false),
    ("Type", true),
    ("Tags", false),
    ("Published on online store", true),
    ("Status", true),
    ("SKU", true),
    ("Barcode", true),
    ("Option1 name", true),
    ("Option1 value", true),
    ("Option1 Linked To", false),
    ("Option2 name", false),
    ("Option2 value", false),
    ("Option2 Linked To", false),
    ("Option3 name", false),
    ("Option3 value", false),
    ("Option3 Linked To", false),
    ("Price", true),
    ("Compare-at price", true),
    ("Cost per item", true),
    ("Charge tax", true),
    ("Tax code", false),
    ("Unit price total measure", false),
    ("Unit price total measure unit", false),
    ("Unit price base measure", false),
    ("Unit price base measure unit", false),
    ("Inventory tracker", true),
    ("Inventory quantity", true),
    ("Continue selling when out of stock", true),
    ("Weight value (grams)", true),
    ("Weight unit for display", true),
    ("Requires shipping", true),
    ("Fulfillment service", true),
    ("Product image URL", true),
    ("Image position", true),
    ("Image alt text", true),
    ("Variant image URL", false),
    ("Gift card", true),
    ("SEO title", false),
    ("SEO description", false),
    ("Google Shopping / Google product category", false),
    ("Google Shopping / Gender", false),
    ("Google Shopping / Age group", false),
    ("Google Shopping / Manufacturer part number (MPN)", false),
    ("Google Shopping / Ad group name", false),
    ("Google Shopping / Ads labels", false),
    ("Google Shopping / Condition", false),
    ("Google Shopping / Custom product", false),
    ("Google Shopping / Custom label 0", false),
    ("Google Shopping / Custom label 1", false),
    ("Google Shopping / Custom label 2", false),
    ("Google Shopping / Custom label 3", false),
    ("Google Shopping / Custom label 4", false),
];

/// Writes listings as the rows of Shopify's CSV.
pub struct ShopifyCsv {
    columns: Vec<&'static str>,
    handles: HashSet<u64>,
    writer: csv::Writer<Vec<u8>>,
}

impl ShopifyCsv {
    /// A layout with the given columns; the handles it has given out are remembered over all parts of an export.
    #[must_use]
    pub fn new(columns: Columns) -> Self {
        let wanted = |filled: bool| columns == Columns::All || filled;
        Self {
            columns: HEADER.iter().filter(|(_, filled)| wanted(*filled)).map(|(name, _)| *name).collect(),
            handles: HashSet::new(),
            writer: writer(),
        }
    }

    /// The header line, as every part of an export repeats it.
    #[must_use]
    pub fn header(&mut self) -> Vec<u8> {
        let columns = self.columns.clone();
        self.record(|column| columns.iter().find(|name| **name == column).map_or("", |name| name).to_owned());
        self.take()
    }

    /// The rows of one product, to be kept together in one file: the first with everything, one more for each
    /// further image.
    ///
    /// # Errors
    /// [`LeftOut`] when Shopify would refuse the product, or would sell it for nothing.
    pub fn rows(&mut self, listing: &Listing) -> Result<Vec<u8>, LeftOut> {
        let Some(price) = listing.price else {
            let message = "Shopify would sell a product without a price for 0; give it a price".to_owned();
            return Err(LeftOut { code: "price_missing", message });
        };
        let length = listing.title.chars().count();
        if length > MAX_CHARS {
            let message =
                format!("Shopify takes titles of at most {MAX_CHARS} characters, this one has {length}; shorten it");
            return Err(LeftOut { code: "title_too_long", message });
        }
        let handle = self.unique_handle(listing);
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let amount =
            |value: Option<rust_decimal::Decimal>| value.map(|value| value.normalize().to_string()).unwrap_or_default();
        self.record(|column| match column {
            "Title" => listing.title.clone(),
            "URL handle" => handle.clone(),
            "Description" => text(&listing.description),
            "Vendor" => text(&listing.brand),
            "Type" => text(&listing.category),
            "Published on online store" => truth(listing.status == ProductStatus::Active),
            "Status" => status(listing.status).to_owned(),
            "SKU" => text(&listing.sku),
            "Barcode" => text(&listing.ean),
            "Option1 name" => "Title".to_owned(),
            "Option1 value" => "Default Title".to_owned(),
            "Price" => money(price),
            "Compare-at price" => listing.compare_at_price.map(money).unwrap_or_default(),
            "Cost per item" => listing.cost_price.map(money).unwrap_or_default(),
            "Charge tax" | "Requires shipping" => truth(true),
            "Gift card" => truth(false),
            "Inventory tracker" => listing.stock.map(|_| "shopify".to_owned()).unwrap_or_default(),
            "Inventory quantity" => listing.stock.map(|stock| stock.to_string()).unwrap_or_default(),
            "Continue selling when out of stock" => "DENY".to_owned(),
            "Weight value (grams)" => amount(listing.weight_grams),
            "Weight unit for display" => listing.weight_grams.map(|_| "g".to_owned()).unwrap_or_default(),
            "Fulfillment service" => "manual".to_owned(),
            "Product image URL" => listing.image_urls.first().cloned().unwrap_or_default(),
            "Image position" => listing.image_urls.first().map(|_| "1".to_owned()).unwrap_or_default(),
            "Image alt text" => listing.image_urls.first().map(|_| listing.title.clone()).unwrap_or_default(),
            _ => String::new(),
        });
        for (index, url) in listing.image_urls.iter().enumerate().skip(1) {
            self.record(|column| match column {
                "URL handle" => handle.clone(),
                "Product image URL" => url.clone(),
                "Image position" => (index + 1).to_string(),
                "Image alt text" => listing.title.clone(),
                _ => String::new(),
            });
        }
        Ok(self.take())
    }

    /// A handle that stays the same from export to export: the title's words and the SKU or EAN. Two products
    /// whose codes differ only in signs get the end of their id as well.
    fn unique_handle(&mut self, listing: &Listing) -> String {
        let code = listing.sku.as_deref().or(listing.ean.as_deref()).unwrap_or_default();
        let code = slug(code, 100);
        let title = slug(&listing.title, MAX_CHARS - 110);
        let handle = [title, code].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        let id = listing.id.simple().to_string();
        if !handle.is_empty() && self.handles.insert(fingerprint(&handle)) {
            return handle;
        }
        let own = format!("{handle}-{}", &id[id.len() - 12..]).trim_start_matches('-').to_owned();
        self.handles.insert(fingerprint(&own));
        own
    }

    fn record(&mut self, cell: impl Fn(&str) -> String) {
        let cells = self.columns.iter().map(|column| cell(column));
        let written = self.writer.write_record(cells);
        debug_assert!(written.is_ok(), "writing to memory does not fail and every row has the header's width");
    }

    fn take(&mut self) -> Vec<u8> {
        let full = std::mem::replace(&mut self.writer, writer());
        full.into_inner().unwrap_or_default()
    }
}

fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::with_capacity(1024))
}

fn truth(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_owned()
}

const fn status(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::Active => "Active",
        ProductStatus::Draft | ProductStatus::Inactive => "Draft",
        ProductStatus::Archived => "Archived",
    }
}

/// An amount with two decimals at least: `12.50`, `0.125`.
fn money(amount: rust_decimal::Decimal) -> String {
    let mut normal = amount.normalize();
    if normal.scale() < 2 {
        normal.rescale(2);
    }
    normal.to_string()
}

/// Lower-case ASCII letters, digits and single hyphens, at most `max` of them.
fn slug(text: &str, max: usize) -> String {
    let mut slug = String::new();
    for c in deunicode::deunicode(text).chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == max {
            break;
        }
    }
    slug.trim_matches('-').to_owned()
}

fn fingerprint(handle: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    handle.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        Listing {
            id: uuid::uuid!("01900000-0000-7000-8000-0000000000ab"),
            sku: Some("PB-01/é".into()),
            ean: Some("0036000291452".into()),
            title: "Perceuse à percussion, 18 V".into(),
            description: Some("<p>Forte,\net légère</p>".into()),
            brand: Some("Bosch".into()),
            category: Some("Outillage > Perceuses".into()),
            price: Some("129.9".parse().unwrap()),
            compare_at_price: None,
            cost_price: Some("80".parse().unwrap()),
            stock: Some(0),
            image_urls: vec!["https://cdn.example/1.jpg".into(), "https://cdn.example/2.jpg".into()],
            weight_grams: Some("1500".parse().unwrap()),
            status: ProductStatus::Active,
        }
    }

    #[test]
    fn writes_a_row_for_the_product_and_one_for_each_further_image() {
        let mut layout = ShopifyCsv::new(Columns::Filled);
        let mut file = layout.header();
        file.extend(layout.rows(&listing()).unwrap());
        insta::assert_snapshot!(String::from_utf8(file).unwrap().replace('\r', ""), @r#"
        Title,URL handle,Description,Vendor,Type,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,Price,Compare-at price,Cost per item,Charge tax,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),Weight unit for display,Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,Gift card
        "Perceuse à percussion, 18 V",perceuse-a-percussion-18-v-pb-01-e,"<p>Forte,
        et légère</p>",Bosch,Outillage > Perceuses,TRUE,Active,PB-01/é,0036000291452,Title,Default Title,129.90,,80.00,TRUE,shopify,0,DENY,1500,g,TRUE,manual,https://cdn.example/1.jpg,1,"Perceuse à percussion, 18 V",FALSE
        ,perceuse-a-percussion-18-v-pb-01-e,,,,,,,,,,,,,,,,,,,,,https://cdn.example/2.jpg,2,"Perceuse à percussion, 18 V",
        "#);
    }

    #[test]
    fn the_full_form_has_the_templates_columns() {
        let mut layout = ShopifyCsv::new(Columns::All);
        let header = String::from_utf8(layout.header()).unwrap();
        assert_eq!(header.trim_end().split(',').count(), 56);
        let rows = layout.rows(&listing()).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&rows[..]);
        assert!(reader.records().all(|record| record.unwrap().len() == 56));
    }

    #[test]
    fn leaves_out_what_shopify_would_refuse_or_give_away() {
        let mut layout = ShopifyCsv::new(Columns::All);
        assert_eq!(layout.rows(&Listing { price: None, ..listing() }).unwrap_err().code, "price_missing");
        let long = Listing { title: "x".repeat(256), ..listing() };
        assert_eq!(layout.rows(&long).unwrap_err().code, "title_too_long");
    }

    #[test]
    fn no_two_products_share_a_handle() {
        let mut layout = ShopifyCsv::new(Columns::All);
        let first = layout.unique_handle(&Listing { sku: Some("A/1".into()), ..listing() });
        let second = layout.unique_handle(&Listing { sku: Some("A-1".into()), ..listing() });
        assert_ne!(first, second);
        assert!(second.starts_with(&first));
        let nameless = Listing { sku: Some("电".into()), title: "—".into(), ..listing() };
        assert!(!layout.unique_handle(&nameless).is_empty());
    }
}
