//! Readers for the exports of shops, recognised by their columns: several rows can make one product with variants and
//! images.
//!
//! An [`Adapter`] turns a shop's rows into records with our own fields. A row can make two records (a product and its
//! first variant), or none (an image that belongs to the product above). Each adapter names the source of its facts.

mod magento;
mod plain;
mod prestashop;
mod shopify;
mod woocommerce;

use std::collections::HashMap;

use mapping::{Target, normalize};
use messages::Text;
use product::{Field, ShownVariants};

/// A shop or system whose export is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Shopify's product CSV, old and new header.
    Shopify,
    /// `WooCommerce`'s product CSV.
    WooCommerce,
    /// The `WordPress` export (WXR) of a `WooCommerce` shop.
    WordPress,
    /// `PrestaShop`'s file of products.
    PrestaShop,
    /// `PrestaShop`'s file of combinations.
    PrestaShopCombinations,
    /// Magento 2's catalogue CSV.
    Magento,
    /// Odoo's product templates, CSV, XLSX or XML records.
    Odoo,
    /// A Google Merchant feed.
    Google,
}

impl Platform {
    /// Returns its name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Platform::Shopify => "shopify",
            Platform::WooCommerce => "woocommerce",
            Platform::WordPress => "woocommerce_wxr",
            Platform::PrestaShop => "prestashop",
            Platform::PrestaShopCombinations => "prestashop_combinations",
            Platform::Magento => "magento",
            Platform::Odoo => "odoo",
            Platform::Google => "google",
        }
    }

    /// Returns the platform with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|platform| platform.name() == name)
    }

    /// Returns the columns that identify it, in their normal form: all of the first list, and at least this many of the
    /// second.
    const fn marks(self) -> (&'static [&'static str], &'static [&'static str], usize) {
        match self {
            Platform::Shopify => (
                &["option1_name", "option1_value"],
                &[
                    "handle",
                    "url_handle",
                    "body_html",
                    "vendor",
                    "variant_sku",
                    "variant_price",
                    "image_src",
                    "product_image_url",
                    "published_on_online_store",
                    "inventory_quantity",
                    "variant_inventory_qty",
                    "gift_card",
                ],
                4,
            ),
            Platform::WooCommerce => (
                &["type", "sku", "regular_price"],
                &[
                    "is_featured",
                    "visibility_in_catalog",
                    "in_stock",
                    "parent",
                    "sold_individually",
                    "tax_status",
                    "grouped_products",
                ],
                3,
            ),
            Platform::WordPress => {
                (&["wp_post_type", "wp_post_id"], &["wp_status", "content_encoded", "wp_post_parent"], 1)
            }
            Platform::PrestaShop => (
                &["name"],
                &[
                    "product_id",
                    "active_0_1",
                    "reference",
                    "price_tax_excluded",
                    "wholesale_price",
                    "url_rewritten",
                    "categories_x_y_z",
                    "image_urls_x_y_z",
                ],
                4,
            ),
            Platform::PrestaShopCombinations => (
                &["attribute_name_type_position", "value_value_position"],
                &["product_id", "impact_on_price", "reference"],
                1,
            ),
            Platform::Magento => (
                &["sku", "product_type"],
                &[
                    "attribute_set_code",
                    "product_websites",
                    "url_key",
                    "additional_attributes",
                    "store_view_code",
                    "product_online",
                ],
                2,
            ),
            Platform::Odoo => (
                &[],
                &[
                    "external_id",
                    "internal_reference",
                    "sales_price",
                    "sale_price",
                    "product_type",
                    "can_be_sold",
                    "default_code",
                    "list_price",
                    "categ_id",
                    "field_list_price",
                    "field_name",
                    "model",
                    "field_default_code",
                ],
                3,
            ),
            Platform::Google => (
                &[],
                &["g_id", "g_price", "g_link", "g_image_link", "g_availability", "g_gtin", "g_condition", "g_brand"],
                3,
            ),
        }
    }
}

const ALL: [Platform; 8] = [
    Platform::Shopify,
    Platform::WooCommerce,
    Platform::WordPress,
    Platform::PrestaShopCombinations,
    Platform::PrestaShop,
    Platform::Magento,
    Platform::Google,
    Platform::Odoo,
];

/// What Google demands of every product.
const GOOGLE: [&str; 7] = ["id", "title", "description", "link", "image_link", "availability", "price"];

/// Names of columns that only Odoo uses.
const ODOO: [&str; 7] = [
    "external_id",
    "internal_reference",
    "default_code",
    "can_be_sold",
    "field_name",
    "field_default_code",
    "field_list_price",
];

/// Returns the platform whose export has these columns, and how many of its identifying columns they contain.
#[must_use]
pub fn recognise(columns: &[String]) -> Option<(Platform, usize)> {
    let names: std::collections::HashSet<String> = columns.iter().map(|column| normalize(column)).collect();
    ALL.into_iter().find_map(|platform| {
        let (all, some, least) = platform.marks();
        let count = some.iter().filter(|name| names.contains(**name)).count();
        // Odoo's other names are common in the files of suppliers.
        let own = platform != Platform::Odoo || ODOO.iter().any(|name| names.contains(*name));
        // A text feed has Google's names without a prefix: all those that Google demands.
        if platform == Platform::Google && GOOGLE.iter().all(|name| names.contains(*name)) {
            return Some((platform, GOOGLE.len()));
        }
        let known = own && all.iter().all(|name| names.contains(*name)) && count >= least;
        known.then_some((platform, all.len() + count))
    })
}

/// One record that an adapter makes from a shop's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The row of the file.
    pub number: i32,
    /// Whether it is a variant. Its parent must exist first.
    pub variant: bool,
    /// Texts by their indexes in [`Adapter::slots`].
    pub cells: Vec<(usize, String)>,
    /// Names and values of the product's further attributes.
    pub attributes: Vec<(String, String)>,
    /// What the file shows of the variants, if it has no code of the seller's for their parent.
    pub shown: Option<ShownVariants>,
    /// Why the row makes no record: a code and a sentence.
    pub left_out: Option<(&'static str, Text)>,
}

/// A target and the column from which it is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What is filled.
    pub target: Target,
    /// The shop's column, as reports name it.
    pub column: String,
}

/// The indexes of a file's columns by their names in normal form.
pub(crate) struct Columns(HashMap<String, usize>);

impl Columns {
    fn new(columns: &[String]) -> Self {
        // If two columns have the same name, the last counts, as in the shops.
        Self(columns.iter().enumerate().map(|(index, column)| (normalize(column), index)).collect())
    }

    /// Returns the first of these columns that exists.
    pub(crate) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.0.get(*name).copied())
    }
}

/// The cells of one row.
pub(crate) struct Cells<'c>(&'c [String]);

impl Cells<'_> {
    /// Returns the trimmed text of a column; empty if the column does not exist.
    pub(crate) fn get(&self, column: Option<usize>) -> &str {
        column.and_then(|index| self.0.get(index)).map_or("", |cell| cell.trim())
    }
}

/// Turns a shop's rows into records.
pub struct Adapter {
    platform: Platform,
    slots: Vec<Slot>,
    kind: Kind,
}

enum Kind {
    Shopify(Box<shopify::Shopify>),
    WooCommerce(Box<woocommerce::WooCommerce>),
    PrestaShop(prestashop::PrestaShop),
    Combinations(prestashop::Combinations),
    Magento(Box<magento::Magento>),
    Plain(plain::Plain),
}

/// Returns the slot of a field. Every adapter has a slot for each field in their order, then one for the shop's
/// identifier.
pub(crate) fn slot(field: Field) -> usize {
    field as usize
}

/// The slot of the shop's identifier of the product.
pub(crate) const IDENTIFIER: usize = Field::COUNT;

impl Adapter {
    /// Returns an adapter for a file with these columns.
    #[must_use]
    pub fn new(platform: Platform, columns: &[String]) -> Self {
        let found = Columns::new(columns);
        let (kind, key) = match platform {
            Platform::Shopify => (Kind::Shopify(Box::new(shopify::Shopify::new(&found))), "shopify.handle"),
            Platform::WooCommerce => {
                (Kind::WooCommerce(Box::new(woocommerce::WooCommerce::csv(&found, columns))), "woocommerce.id")
            }
            Platform::WordPress => {
                (Kind::WooCommerce(Box::new(woocommerce::WooCommerce::wxr(&found, columns))), "woocommerce.id")
            }
            Platform::PrestaShop => (Kind::PrestaShop(prestashop::PrestaShop::new(&found)), "prestashop.id"),
            Platform::PrestaShopCombinations => {
                (Kind::Combinations(prestashop::Combinations::new(&found)), "prestashop.combination")
            }
            Platform::Magento => (Kind::Magento(Box::new(magento::Magento::new(&found))), "magento.sku"),
            Platform::Odoo => (Kind::Plain(plain::Plain::odoo(&found)), "odoo.id"),
            Platform::Google => (Kind::Plain(plain::Plain::google(&found)), "google.id"),
        };
        let places = match &kind {
            Kind::Shopify(adapter) => adapter.places(),
            Kind::WooCommerce(adapter) => adapter.places(),
            Kind::PrestaShop(adapter) => adapter.places(),
            Kind::Combinations(adapter) => adapter.places(),
            Kind::Magento(adapter) => adapter.places(),
            Kind::Plain(adapter) => adapter.places(),
        };
        let name = |slot: usize| {
            let place = places.iter().find(|(at, _)| *at == slot).map(|(_, column)| *column);
            place.and_then(|column| columns.get(column).cloned()).unwrap_or_default()
        };
        let mut slots: Vec<Slot> = Field::ALL
            .iter()
            .enumerate()
            .map(|(at, field)| Slot { target: Target::Field(*field), column: name(at) })
            .collect();
        slots.push(Slot { target: Target::Identifier(key.to_owned()), column: name(IDENTIFIER) });
        Self { platform, slots, kind }
    }

    /// Returns the targets of the records' cells.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Returns the key of the identifier by which variants name their parents; `None` if it is the SKU.
    #[must_use]
    pub fn parent_by(&self) -> Option<&'static str> {
        (self.platform == Platform::PrestaShopCombinations).then_some("prestashop.id")
    }

    /// Returns `true` if the shop shows only the main image of a variant.
    #[must_use]
    pub fn one_image(&self) -> bool {
        matches!(self.platform, Platform::Shopify | Platform::WooCommerce | Platform::WordPress)
    }

    /// Reads a row. Adds the records that are complete now.
    pub fn push(&mut self, number: i32, cells: &[String], records: &mut Vec<Record>) {
        let row = Cells(cells);
        match &mut self.kind {
            Kind::Shopify(adapter) => adapter.push(number, &row, cells, records),
            Kind::WooCommerce(adapter) => adapter.push(number, &row, records),
            Kind::PrestaShop(adapter) => adapter.push(number, &row, records),
            Kind::Combinations(adapter) => adapter.push(number, &row, records),
            Kind::Magento(adapter) => adapter.push(number, &row, records),
            Kind::Plain(adapter) => adapter.push(number, &row, records),
        }
    }

    /// Ends the file. Adds the records that waited for its end.
    pub fn finish(&mut self, records: &mut Vec<Record>) {
        match &mut self.kind {
            Kind::Shopify(adapter) => adapter.finish(records),
            Kind::WooCommerce(adapter) => adapter.finish(records),
            Kind::Magento(adapter) => adapter.finish(records),
            Kind::PrestaShop(_) | Kind::Combinations(_) | Kind::Plain(_) => {}
        }
    }
}

impl Record {
    pub(crate) fn new(number: i32) -> Self {
        Self { number, ..Self::default() }
    }

    /// Fills a field, unless the text is blank.
    pub(crate) fn set(&mut self, field: Field, text: impl Into<String>) {
        self.put(slot(field), text);
    }

    /// Fills a field that is not filled yet, unless the text is blank.
    pub(crate) fn fill(&mut self, field: Field, text: &str) {
        if self.get(field).is_none() {
            self.set(field, text);
        }
    }

    pub(crate) fn put(&mut self, slot: usize, text: impl Into<String>) {
        let text = text.into();
        if !text.trim().is_empty() {
            self.cells.push((slot, text));
        }
    }

    /// Adds an attribute, unless its text is blank. Several values of one name are joined to one text.
    pub(crate) fn describe(&mut self, name: &str, text: &str) {
        let (name, text) = (name.trim(), text.trim());
        if name.is_empty() || text.is_empty() || self.attributes.len() >= 1_000 {
            return;
        }
        match self.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.push_str(&format!(", {text}")),
            None => self.attributes.push((name.to_owned(), text.to_owned())),
        }
    }

    /// Returns the text of a field.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.cells.iter().find(|(at, _)| *at == slot(field)).map(|(_, text)| text.as_str())
    }

    pub(crate) fn left_out(number: i32, code: &'static str, message: Text) -> Self {
        Self { number, left_out: Some((code, message)), ..Self::default() }
    }
}

/// Returns a text as the part of a code: letters and digits; other characters become a dash.
pub(crate) fn code_part(text: &str) -> String {
    let mut code = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            code.push(c);
        } else if !code.is_empty() && !code.ends_with('-') {
            code.push('-');
        }
    }
    code.trim_end_matches('-').to_owned()
}

/// The three pairs of fields for the options of variants: name and value.
pub(crate) const AXES: [(Field, Field); 3] = [
    (Field::Option1Name, Field::Option1Value),
    (Field::Option2Name, Field::Option2Value),
    (Field::Option3Name, Field::Option3Value),
];
