//! Shopify's product CSV, with the header since 2024, and with the header before, which most apps still read.
//!
//! Source of the headers, the values and the limits: `help.shopify.com/en/manual/products/import-export/using-csv`
//! and the `product_template.csv` there, read in November 2026. The template's example metafield column is
//! left out; a mapping can add metafields by their headers.
//!
//! In Shopify a blank cell of a column in the file *erases* the value in the shop; the values of a column that is not
//! in the file stay. So two forms exist: [`crate::options::Columns::All`], with all columns of the template, for a new
//! shop, and [`crate::options::Columns::Filled`], with the columns that our catalogue can fill, for a shop that is
//! edited by hand too.
//!
//! Cells are not disarmed against spreadsheet formulas: an apostrophe before a title would be shown in the shop.

use std::borrow::Cow;

use product::ProductStatus;

use crate::column::{Cell, Column, Of, blank, column};
use crate::demands::{price, wanted, web_address};
use crate::fields::{axis, category_text, decimal, money, number, text};
use crate::keys::{Keys, keyed};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::options::LayoutOptions;
use crate::render::{Disarm, Render};
use crate::values::slug;
use crate::{Item, LeftOut, Listing};

/// Shopify refuses a larger CSV file (15 MB).
const MOST_BYTES: usize = 15_000_000;
/// The most variants of a product.
const MOST_VARIANTS: usize = 2_048;
/// The most images of a product.
const MOST_IMAGES: usize = 250;

const GOOGLE: [(&str, &str); 13] = [
    ("Google Shopping / Google Product Category", "Google Shopping / Google product category"),
    ("Google Shopping / Gender", "Google Shopping / Gender"),
    ("Google Shopping / Age Group", "Google Shopping / Age group"),
    ("Google Shopping / MPN", "Google Shopping / Manufacturer part number (MPN)"),
    ("Google Shopping / AdWords Grouping", "Google Shopping / Ad group name"),
    ("Google Shopping / AdWords Labels", "Google Shopping / Ads labels"),
    ("Google Shopping / Condition", "Google Shopping / Condition"),
    ("Google Shopping / Custom Product", "Google Shopping / Custom product"),
    ("Google Shopping / Custom Label 0", "Google Shopping / Custom label 0"),
    ("Google Shopping / Custom Label 1", "Google Shopping / Custom label 1"),
    ("Google Shopping / Custom Label 2", "Google Shopping / Custom label 2"),
    ("Google Shopping / Custom Label 3", "Google Shopping / Custom label 3"),
    ("Google Shopping / Custom Label 4", "Google Shopping / Custom label 4"),
];

/// Returns the columns with their new names, in the order of the template of 2024.
fn columns_2024() -> Vec<Column> {
    use Of::{Line as Every, Product, Sold};
    let option = |at: usize, name: &'static str, value: &'static str| -> [Column; 2] {
        let names: for<'l> fn(&'l Line<'l>, usize) -> Cow<'l, str> =
            |l, at| if at == 0 && l.listing.variants.is_empty() { Cow::Borrowed("Title") } else { axis(l, at).0 };
        let values: for<'l> fn(&'l Line<'l>, usize) -> Cow<'l, str> = |l, at| {
            if at == 0 && l.listing.variants.is_empty() { Cow::Borrowed("Default Title") } else { axis(l, at).1 }
        };
        [
            Column { cell: Cell::Numbered(names, at), ..blank(name, Product) },
            Column { cell: Cell::Numbered(values, at), ..blank(value, Sold) }.most(255),
        ]
    };
    let mut columns = vec![
        column("Title", Product, |l| Cow::Borrowed(&l.listing.item.content.title)).filled().most(255),
        column("URL handle", Every, |l| Cow::Borrowed(l.key)).filled().most(255),
        column("Description", Product, |l| text(&l.listing.item.content.description)),
        column("Vendor", Product, |l| text(&l.listing.item.content.brand)),
        blank("Product category", Product),
        column("Type", Product, |l| category_text(&l.listing.item.content, &l.listing.item.categories)).most(255),
        column("Tags", Product, |l| Cow::Owned(l.listing.item.content.tags.as_deref().unwrap_or_default().join(", "))),
        column("Published on online store", Product, |l| truth(l.listing.item.content.status == ProductStatus::Active)),
        column("Status", Product, |l| status(l.listing.item.content.status)),
        column("SKU", Sold, |l| text(&l.item.content.sku)),
        column("Barcode", Sold, |l| text(&l.item.content.ean)),
    ];
    columns.extend(option(0, "Option1 name", "Option1 value"));
    columns.push(blank("Option1 Linked To", Product));
    columns.extend(option(1, "Option2 name", "Option2 value"));
    columns.push(blank("Option2 Linked To", Product));
    columns.extend(option(2, "Option3 name", "Option3 value"));
    columns.push(blank("Option3 Linked To", Product));
    columns.extend([
        column("Price", Sold, |l| money(l.price())).filled().demand(price()),
        column("Compare-at price", Sold, |l| money(l.compare_at())).demand(price()),
        column("Cost per item", Sold, |l| money(l.cost())).demand(price()),
        column("Charge tax", Sold, |_| Cow::Borrowed("TRUE")),
        blank("Tax code", Sold),
        blank("Unit price total measure", Sold),
        blank("Unit price total measure unit", Sold),
        blank("Unit price base measure", Sold),
        blank("Unit price base measure unit", Sold),
        column("Inventory tracker", Sold, |l| Cow::Borrowed(l.item.content.stock.map_or("", |_| "shopify"))),
        column("Inventory quantity", Sold, |l| number(l.item.content.stock)),
        column("Continue selling when out of stock", Sold, |_| Cow::Borrowed("DENY")),
        column("Weight value (grams)", Sold, |l| decimal(l.grams())),
        column("Weight unit for display", Sold, |l| Cow::Borrowed(l.grams().map_or("", |_| "g"))),
        column("Requires shipping", Sold, |_| Cow::Borrowed("TRUE")),
        column("Fulfillment service", Sold, |_| Cow::Borrowed("manual")),
        column("Product image URL", Every, |l| Cow::Borrowed(l.image.map_or("", |(_, url)| url)))
            .demand(web_address("image_address_invalid")),
        column("Image position", Every, |l| l.image.map_or(Cow::Borrowed(""), |(at, _)| Cow::Owned(at.to_string()))),
        column("Image alt text", Every, |l| Cow::Borrowed(l.image.map_or("", |_| &l.listing.item.content.title))),
        column("Variant image URL", Sold, |l| {
            Cow::Borrowed(if l.is_variant() { l.item.images().first().map_or("", String::as_str) } else { "" })
        }),
        column("Gift card", Product, |_| Cow::Borrowed("FALSE")),
        column("SEO title", Product, |l| text(&l.listing.item.content.seo_title)),
        column("SEO description", Product, |l| text(&l.listing.item.content.seo_description)),
    ]);
    columns.extend(GOOGLE.iter().map(|(_, new)| blank(new, Product)));
    columns
}

/// The header before 2024 in its order: the old name of each column with the new one.
const HEADER_2021: [(&str, &str); 35] = [
    ("Handle", "URL handle"),
    ("Title", "Title"),
    ("Body (HTML)", "Description"),
    ("Vendor", "Vendor"),
    ("Product Category", "Product category"),
    ("Type", "Type"),
    ("Tags", "Tags"),
    ("Published", "Published on online store"),
    ("Option1 Name", "Option1 name"),
    ("Option1 Value", "Option1 value"),
    ("Option2 Name", "Option2 name"),
    ("Option2 Value", "Option2 value"),
    ("Option3 Name", "Option3 name"),
    ("Option3 Value", "Option3 value"),
    ("Variant SKU", "SKU"),
    ("Variant Grams", "Weight value (grams)"),
    ("Variant Inventory Tracker", "Inventory tracker"),
    ("Variant Inventory Qty", "Inventory quantity"),
    ("Variant Inventory Policy", "Continue selling when out of stock"),
    ("Variant Fulfillment Service", "Fulfillment service"),
    ("Variant Price", "Price"),
    ("Variant Compare At Price", "Compare-at price"),
    ("Variant Requires Shipping", "Requires shipping"),
    ("Variant Taxable", "Charge tax"),
    ("Variant Barcode", "Barcode"),
    ("Image Src", "Product image URL"),
    ("Image Position", "Image position"),
    ("Image Alt Text", "Image alt text"),
    ("Gift Card", "Gift card"),
    ("SEO Title", "SEO title"),
    ("SEO Description", "SEO description"),
    ("Variant Image", "Variant image URL"),
    ("Variant Weight Unit", "Weight unit for display"),
    ("Variant Tax Code", "Tax code"),
    ("Cost per item", "Cost per item"),
];

fn columns_2021() -> Vec<Column> {
    let mut new: Vec<Option<Column>> = columns_2024().into_iter().map(Some).collect();
    let (before, after) = HEADER_2021.split_at(31);
    let google = GOOGLE.iter().copied();
    let order = before.iter().copied().chain(google).chain(after.iter().copied()).chain([("Status", "Status")]);
    let columns = order.filter_map(|(old, name)| {
        let mut column = new.iter_mut().find(|column| column.as_ref().is_some_and(|one| one.name == name))?.take()?;
        column.name = Cow::Borrowed(old);
        // Two columns had values in lower case.
        match old {
            "Variant Inventory Policy" => column.cell = Cell::Text(|_| Cow::Borrowed("deny")),
            "Status" => column.cell = Cell::Text(|l| Cow::Owned(status(l.listing.item.content.status).to_lowercase())),
            _ => {}
        }
        Some(column)
    });
    columns.collect()
}

pub(crate) fn table(options: &LayoutOptions, old: bool, is_mapped: impl Fn(&str) -> bool) -> Table {
    let mut columns = if old { columns_2021() } else { columns_2024() };
    wanted(&mut columns, options, is_mapped);
    let render = Render::Csv { delimiter: b',', mark: false, disarm: Disarm::None, header: true, list: "\n" };
    Table::new(TableInfo::new("products", "csv").at_most(MOST_BYTES), columns, render)
}

/// Returns `true` for the header of a metafield or of a market, which a shop can have beside the template's columns.
pub(crate) fn extra(column: &str) -> bool {
    column.contains("(product.metafields.")
        || ["Included / ", "Price / ", "Compare-at price / ", "Compare At Price / "]
            .iter()
            .any(|start| column.starts_with(start))
}

/// The rows of one handle are one product: the first describes it, each row with options is a variant, the others are
/// images.
#[derive(Default)]
pub(crate) struct Shopify {
    handles: Keys,
}

impl Shape for Shopify {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        let options = std::sync::Arc::clone(&sheet.options);
        if let Some(tag) = listing.item.content.tags.iter().flatten().find(|tag| tag.contains(',')) {
            sheet.warn("tag_parted", "Tags", messages::channels::tag_split("Shopify", tag));
        }
        let mut variants = sheet.sellable(0, listing, |_| None)?;
        if variants.len() > MOST_VARIANTS {
            let message = messages::channels::shopify_too_many_variants(MOST_VARIANTS, variants.len());
            return Err(LeftOut::new("too_many_variants", "Option1 value", message));
        }
        let handle = self.handles.take(handle(&listing.item), listing.item.id, '-');
        let mut images: Vec<&str> = listing.item.images().iter().map(String::as_str).collect();
        // A variant's image must be one of the product's images.
        for variant in &variants {
            let first = variant.images().first().map(String::as_str);
            images.extend(first.filter(|url| !images.contains(url)));
        }
        images.truncate(MOST_IMAGES);
        if variants.is_empty() {
            variants.push(&listing.item);
        }
        for row in 0..variants.len().max(images.len()) {
            let item: Option<&Item> = variants.get(row).copied();
            let line = Line {
                listing,
                item: item.unwrap_or(&listing.item),
                options: &options,
                first: row == 0,
                sold: item.is_some(),
                image: images.get(row).map(|url| (row + 1, *url)),
                key: &handle,
                number: row,
            };
            sheet.line(0, &line)?;
        }
        Ok(())
    }
}

/// Returns the handle, which stays the same from export to export: the shop's own handle if it is known, else the last
/// part of the address, else a key made from the code.
fn handle(item: &Item) -> String {
    // Another handle than the shop's would make another product.
    let known = item.identifier("shopify.handle");
    if !known.is_empty() {
        return known.to_owned();
    }
    match item.content.slug.as_deref().map(|own| slug(own, 200)).filter(|own| !own.is_empty()) {
        Some(own) => own,
        None => keyed(item),
    }
}

fn truth(value: bool) -> Cow<'static, str> {
    Cow::Borrowed(if value { "TRUE" } else { "FALSE" })
}

const fn status(status: ProductStatus) -> Cow<'static, str> {
    Cow::Borrowed(match status {
        ProductStatus::Active => "Active",
        ProductStatus::Draft | ProductStatus::Inactive => "Draft",
        ProductStatus::Archived => "Archived",
    })
}
