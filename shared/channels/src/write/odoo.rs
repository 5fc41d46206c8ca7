//! Odoo's product templates as CSV (`base_import`) and as XML records of a module. Sources: `odoo/orm/models.py`
//! (`load`), `addons/base_import`, `odoo/import_xml.rng` of 19.0.
//!
//! External ids are made from the SKU, so that the next import updates the records and does not create them again. The
//! records that a CSV names must exist: categories, attributes and their values have files of their own, to be imported
//! before the templates. Odoo creates variants from the template's attribute lines; their codes and barcodes come with
//! the last file. Odoo loads XML only from a module: the files are delivered as the zip of a module.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use messages::channels as say;

use crate::column::{Column, Kind, Of, blank, column};
use crate::demands::price;
use crate::fields::{decimal, money, text};
use crate::keys::Keys;
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::options::LayoutOptions;
use crate::render::{Disarm, Render, csv_line};
use crate::{Item, LeftOut, Listing};

/// Returns the module's name, which is the part of external ids before the dot.
pub(crate) fn module(options: &LayoutOptions) -> &str {
    options.module.as_deref().unwrap_or("products_manager")
}

fn columns(xml: bool) -> Vec<Column> {
    let mut columns = vec![
        column("id", Of::Product, |l| Cow::Borrowed(l.key)),
        column("name", Of::Product, |l| Cow::Borrowed(&l.listing.item.content.title)).filled(),
        column(
            "default_code",
            Of::Product,
            |l| if l.is_parent() { Cow::Borrowed("") } else { text(&l.item.content.sku) },
        ),
        column("barcode", Of::Product, |l| if l.is_parent() { Cow::Borrowed("") } else { text(&l.item.content.ean) }),
        column("list_price", Of::Product, |l| money(l.listing.item.content.price)).demand(price()),
        column("standard_price", Of::Product, |l| money(l.listing.item.content.cost_price)).demand(price()),
        column("categ_id", Of::Product, category),
        column("type", Of::Product, |l| Cow::Borrowed(if version(l) >= 18 { "consu" } else { "product" })),
        column("is_storable", Of::Product, |l| Cow::Borrowed(if version(l) >= 18 { "1" } else { "" }))
            .kind(Kind::Truth),
        column("weight", Of::Product, |l| decimal(l.weight())),
        column("description_sale", Of::Product, |l| text(&l.listing.item.content.short_description)),
        column("description", Of::Product, |l| text(&l.listing.item.content.description)),
        column("sale_ok", Of::Product, |_| Cow::Borrowed("1")).kind(Kind::Truth),
        column("purchase_ok", Of::Product, |_| Cow::Borrowed("1")).kind(Kind::Truth),
        column("active", Of::Product, |l| {
            Cow::Borrowed(if l.listing.item.content.status == product::ProductStatus::Archived { "0" } else { "1" })
        })
        .kind(Kind::Truth),
        column("image_1920", Of::Product, |l| {
            Cow::Borrowed(l.listing.item.images().first().map_or("", String::as_str))
        }),
        column("product_tag_ids", Of::Product, |l| Cow::Owned(tags(l.tags()))),
    ];
    if xml {
        // Records refer to others by their ids: categories and tags have records of their own, pictures come from
        // files.
        columns.retain(|column| !matches!(&*column.name, "image_1920" | "product_tag_ids"));
        for column in &mut columns {
            if column.name == "categ_id" {
                *column = crate::column::column("categ_id/id", Of::Product, |l| {
                    l.categories().first().map_or(Cow::Borrowed(""), |path| Cow::Owned(category_id(path)))
                });
            }
        }
    } else {
        // By ids, because several attributes can have a value with the same name.
        columns.push(column("attribute_line_ids/attribute_id/id", Of::Line, |l| Cow::Owned(attribute_line(l).0)));
        columns.push(column("attribute_line_ids/value_ids/id", Of::Line, |l| Cow::Owned(attribute_line(l).1)));
    }
    columns
}

fn version(line: &Line<'_>) -> u16 {
    line.options.version.unwrap_or(19)
}

fn variants() -> Vec<Column> {
    vec![
        column("id", Of::Line, |l| Cow::Borrowed(l.key)),
        column("product_tmpl_id/id", Of::Line, |l| Cow::Owned(external_id(&l.listing.item, "template"))),
        column("default_code", Of::Line, |l| text(&l.item.content.sku)),
        column("barcode", Of::Line, |l| text(&l.item.content.ean)),
        column("product_template_attribute_value_ids", Of::Line, |l| {
            Cow::Owned(l.options_of().map(|(axis, value)| format!("{axis}: {value}")).collect::<Vec<_>>().join(","))
        }),
        column("standard_price", Of::Line, |l| money(l.item.content.cost_price)),
        column("weight", Of::Line, |l| decimal(l.weight())),
    ]
}

pub(crate) fn tables(xml: bool) -> Vec<Table> {
    if xml {
        return vec![Table::new(TableInfo::new("products", "xml"), columns(true), Render::Odoo)];
    }
    let csv = || Render::Csv { delimiter: b',', mark: true, disarm: Disarm::None, header: true, list: "\n" };
    let helper = |name, columns: &[&'static str]| {
        let columns = columns.iter().map(|column| blank(column, Of::Line)).collect();
        Table::new(TableInfo::optional(name, "csv"), columns, csv())
    };
    vec![
        helper("categories", &["id", "name", "parent_id/id"]),
        helper("attributes", &["id", "name"]),
        helper("attribute-values", &["id", "name", "attribute_id/id"]),
        Table::new(TableInfo::new("templates", "csv"), columns(false), csv()),
        Table::new(TableInfo::optional("variants", "csv"), variants(), csv()),
    ]
}

/// Returns `true` for the name of a field: any field of the model can be a column.
pub(crate) fn extra(column: &str) -> bool {
    !column.is_empty()
        && column
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'/' | b'.'))
}

/// The indexes of the CSV files, in the order of [`tables`].
const CATEGORIES: usize = 0;
const ATTRIBUTES: usize = 1;
const VALUES: usize = 2;
const TEMPLATES: usize = 3;
const VARIANTS: usize = 4;

pub(crate) struct Odoo {
    ids: Keys,
    xml: bool,
    /// The categories of products, and those above them.
    categories: BTreeSet<Vec<String>>,
    /// The values of variants, by axis.
    values: BTreeMap<String, BTreeSet<String>>,
}

impl Odoo {
    pub(crate) fn new(xml: bool) -> Self {
        Self { ids: Keys::default(), xml, categories: BTreeSet::new(), values: BTreeMap::new() }
    }
}

impl Shape for Odoo {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        let options = std::sync::Arc::clone(&sheet.options);
        if self.xml && !listing.variants.is_empty() {
            return Err(LeftOut::new("variants_unsupported", "", say::odoo_variants_unsupported()));
        }
        for tag in listing.item.content.tags.iter().flatten().filter(|tag| tag.contains(',')) {
            sheet.warn("tag_left_out", "product_tag_ids", say::tag_left_out("Odoo", tag));
        }
        let id = self.ids.take(external_id(&listing.item, "template"), listing.item.id, '_');
        let product = Line { key: &id, ..Line::product(listing, &options) };
        let path = product.categories().into_iter().next().unwrap_or_default();
        let above = (1..=path.len()).map(|depth| path[..depth].to_vec());
        if self.xml {
            let new: Vec<Vec<String>> = above.filter(|path| !self.categories.contains(path)).collect();
            new.iter().for_each(|path| write_category(path, sheet));
            sheet.line(0, &product)?;
            // Only now: if the product is left out, its categories are left out too.
            self.categories.extend(new);
            return Ok(());
        }
        let bad = |text: &&String| text.contains(',');
        if let Some(text) = listing.variants.iter().flat_map(|variant| variant.content.options.values()).find(bad) {
            let message = say::odoo_option_invalid(text);
            return Err(LeftOut::new("option_invalid", "product_template_attribute_value_ids", message));
        }
        sheet.line(TEMPLATES, &product)?;
        // One attribute per row: further rows continue the record above.
        for at in 1..attribute_count(listing) {
            sheet.line(TEMPLATES, &Line { key: "", first: false, sold: false, number: at, ..product })?;
        }
        for (at, variant) in listing.variants.iter().enumerate() {
            let id = self.ids.take(external_id(variant, "variant"), variant.id, '_');
            sheet.line(VARIANTS, &Line { key: &id, ..Line::variant(listing, variant, &options, at + 1) })?;
        }
        self.categories.extend(above);
        for (axis, value) in listing.variants.iter().flat_map(|variant| &variant.content.options) {
            self.values.entry(axis.clone()).or_default().insert(value.clone());
        }
        Ok(())
    }

    fn finish(&mut self, sheet: &mut Sheet) -> Result<(), LeftOut> {
        if self.xml {
            return Ok(());
        }
        let mut line = |table: usize, cells: &[&str]| sheet.raw(table, |out, _| csv_line(out, cells, b','));
        // Parents come before their children.
        for path in &self.categories {
            let (name, above) = (path.last().map_or("", String::as_str), &path[..path.len().saturating_sub(1)]);
            let parent = if above.is_empty() { String::new() } else { category_id(above) };
            line(CATEGORIES, &[&category_id(path), name, &parent]);
        }
        for (axis, values) in &self.values {
            line(ATTRIBUTES, &[&attribute_id(axis), axis]);
            for value in values {
                line(VALUES, &[&value_id(axis, value), value, &attribute_id(axis)]);
            }
        }
        Ok(())
    }
}

fn write_category(path: &[String], sheet: &mut Sheet) {
    let (id, name) = (category_id(path), path.last().map_or("", String::as_str));
    sheet.raw(0, |out, _| {
        out.extend_from_slice(format!("<record id=\"{id}\" model=\"product.category\">\n").as_bytes());
        crate::render::element(out, "field", &[("name", "name")], name);
        if path.len() > 1 {
            let parent = category_id(&path[..path.len() - 1]);
            crate::render::element(out, "field", &[("name", "parent_id"), ("ref", &parent)], "");
        }
        out.extend_from_slice(b"</record>\n");
    });
}

/// Returns the external id of a record, the same in each export: letters, digits and `_`, without a dot.
fn external_id(item: &Item, kind: &str) -> String {
    let code = if item.code().is_empty() { item.id.simple().to_string() } else { item.code().to_owned() };
    format!("{kind}_{}", safe(&code))
}

fn category_id(path: &[String]) -> String {
    format!("category_{}", path.iter().map(|name| safe(name)).collect::<Vec<_>>().join("__"))
}

fn attribute_id(axis: &str) -> String {
    format!("attribute_{}", safe(axis))
}

fn value_id(axis: &str, value: &str) -> String {
    format!("value_{}__{}", safe(axis), safe(value))
}

/// Returns a text with letters and digits unchanged, other characters as their hexadecimal numbers between `_`:
/// different texts never give the same id.
fn safe(text: &str) -> String {
    let mut id = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else {
            id.push_str(&format!("_{:x}_", u32::from(c)));
        }
    }
    id
}

/// Returns the path of the category as Odoo shows it.
fn category<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    Cow::Owned(line.categories().first().map(|path| path.join(" / ")).unwrap_or_default())
}

fn tags(tags: &[String]) -> String {
    tags.iter().filter(|tag| !tag.contains(',')).cloned().collect::<Vec<_>>().join(",")
}

fn attribute_count(listing: &Listing) -> usize {
    if listing.variants.is_empty() { 0 } else { listing.item.content.option_axes.len() }
}

/// Returns the id of the attribute of this row, and the ids of the variants' values of it.
fn attribute_line(line: &Line<'_>) -> (String, String) {
    let listing = line.listing;
    let axis = listing.item.content.option_axes.get(line.number).filter(|_| !listing.variants.is_empty());
    let Some(axis) = axis else { return (String::new(), String::new()) };
    let values: Vec<String> = listing.values_of(axis).into_iter().map(|value| value_id(axis, value)).collect();
    (attribute_id(axis), values.join(","))
}

/// Returns the manifest of the module around the XML file. It depends on Inventory, which defines storable products.
pub(crate) fn manifest(options: &LayoutOptions) -> String {
    let version = options.version.unwrap_or(19);
    format!(
        "{{\n    \"name\": \"{}\",\n    \"version\": \"{version}.0.1.0.0\",\n    \"depends\": [\"stock\"],\n    \"data\": [\"data/products.xml\"],\n    \"license\": \"LGPL-3\",\n    \"installable\": True,\n}}\n",
        module(options)
    )
}
