//! `WooCommerce`'s product CSV. Sources: `class-wc-product-csv-exporter.php` for the header,
//! `class-wc-product-csv-importer.php` for what the importer makes of each cell.
//!
//! The importer removes the apostrophe before a formula in lists only (`unescape_data`), so only lists get one. Line
//! ends of the two descriptions are written `\n`, a comma within a part of a list `\,`. Parents come before their
//! variations.

use std::borrow::Cow;

use product::{LengthUnit, ProductStatus, WeightUnit};

use crate::column::{Cell, Column, Kind, Of, blank, column};
use crate::demands::{gtin, price, wanted};
use crate::fields::{decimal, money, number, text};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::options::LayoutOptions;
use crate::render::{Disarm, Render};
use crate::values::{encoded, sides_in, weight_in};
use crate::{LeftOut, Listing};

/// Columns of attributes: three for the axes of variants, then one for each of the organisation's attributes.
const AXES: usize = 3;
const MOST_ATTRIBUTES: usize = 100;

fn columns(options: &LayoutOptions) -> Vec<Column> {
    use Of::Line as Every;
    let weight = match options.weight_unit {
        WeightUnit::Gram => "Weight (g)",
        WeightUnit::Kilogram => "Weight (kg)",
        WeightUnit::Pound => "Weight (lbs)",
        WeightUnit::Ounce => "Weight (oz)",
    };
    let [length, width, height] = match options.length_unit {
        LengthUnit::Mm => ["Length (mm)", "Width (mm)", "Height (mm)"],
        LengthUnit::Cm => ["Length (cm)", "Width (cm)", "Height (cm)"],
        LengthUnit::M => ["Length (m)", "Width (m)", "Height (m)"],
        LengthUnit::In => ["Length (in)", "Width (in)", "Height (in)"],
    };
    let mut columns = vec![
        column("ID", Every, |l| Cow::Borrowed(l.item.identifier("woocommerce.id"))),
        column("Type", Every, |l| {
            Cow::Borrowed(if l.is_variant() {
                "variation"
            } else if l.is_parent() {
                "variable"
            } else {
                "simple"
            })
        }),
        // Without a SKU the next import cannot find the product.
        column("SKU", Every, |l| Cow::Borrowed(l.item.code())).filled().most(100),
        column("GTIN, UPC, EAN, or ISBN", Every, |l| text(&l.item.content.ean)).demand(gtin()),
        column("Name", Every, |l| Cow::Borrowed(&l.item.content.title)).filled(),
        column("Published", Every, published),
        column("Is featured?", Every, |_| Cow::Borrowed("0")),
        column("Visibility in catalog", Every, |_| Cow::Borrowed("visible")),
        column("Short description", Every, |l| lines(&l.item.content.short_description)),
        column("Description", Every, |l| lines(&l.item.content.description)),
        blank("Date sale price starts", Every),
        blank("Date sale price ends", Every),
        column("Tax status", Every, |_| Cow::Borrowed("taxable")),
        column("Tax class", Every, |l| Cow::Borrowed(if l.is_variant() { "parent" } else { "" })),
        column("In stock?", Every, in_stock),
        column("Stock", Every, |l| if l.is_parent() { Cow::Borrowed("") } else { number(l.item.content.stock) }),
        blank("Low stock amount", Every),
        column("Backorders allowed?", Every, |_| Cow::Borrowed("0")),
        column("Sold individually?", Every, |_| Cow::Borrowed("0")),
        column(weight, Every, |l| decimal(weight_in(l.item.content.weight, l.options.weight_unit))),
        column(length, Every, |l| decimal(sides_in(l.item.content.dimensions, l.options.length_unit)[0])),
        column(width, Every, |l| decimal(sides_in(l.item.content.dimensions, l.options.length_unit)[1])),
        column(height, Every, |l| decimal(sides_in(l.item.content.dimensions, l.options.length_unit)[2])),
        column("Allow customer reviews?", Every, |l| Cow::Borrowed(if l.is_variant() { "0" } else { "1" })),
        blank("Purchase note", Every),
        column("Sale price", Every, |l| if l.is_parent() { Cow::Borrowed("") } else { money(l.sale_price()) })
            .demand(price()),
        column("Regular price", Every, |l| if l.is_parent() { Cow::Borrowed("") } else { money(l.regular_price()) })
            .demand(price()),
        column("Categories", Every, categories).kind(Kind::List),
        column("Tags", Every, |l| if l.is_variant() { Cow::Borrowed("") } else { Cow::Owned(listed(l.tags())) })
            .kind(Kind::List),
        blank("Shipping class", Every),
        column("Images", Every, images),
        blank("Download limit", Every),
        blank("Download expiry days", Every),
        column("Parent", Every, |l| Cow::Borrowed(if l.is_variant() { l.listing.item.code() } else { "" })),
        blank("Grouped products", Every),
        blank("Upsells", Every),
        blank("Cross-sells", Every),
        blank("External URL", Every),
        blank("Button text", Every),
        column("Position", Every, |l| Cow::Owned(l.number.to_string())),
    ];
    let attributes = options.attributes.len().min(MOST_ATTRIBUTES);
    for place in 0..AXES + attributes {
        let at = place + 1;
        let numbered = |name: String, cell: for<'l> fn(&'l Line<'l>, usize) -> Cow<'l, str>| Column {
            name: Cow::Owned(name),
            cell: Cell::Numbered(cell, place),
            ..blank("", Every)
        };
        columns.push(numbered(format!("Attribute {at} name"), |l, place| attribute(l, place).0));
        columns.push(numbered(format!("Attribute {at} value(s)"), |l, place| attribute(l, place).1));
        columns.push(numbered(format!("Attribute {at} visible"), |l, place| {
            Cow::Borrowed(if attribute(l, place).0.is_empty() { "" } else { "1" })
        }));
        // An axis is a global attribute of the shop, which its filters use; the others belong to the product.
        columns.push(numbered(format!("Attribute {at} global"), |l, place| {
            let exists = !attribute(l, place).0.is_empty();
            Cow::Borrowed(if !exists {
                ""
            } else if place < AXES {
                "1"
            } else {
                "0"
            })
        }));
    }
    columns
}

pub(crate) fn table(options: &LayoutOptions, is_mapped: impl Fn(&str) -> bool) -> Table {
    let mut columns = columns(options);
    wanted(&mut columns, options, is_mapped);
    let render = Render::Csv { delimiter: b',', mark: true, disarm: Disarm::Lists, header: true, list: "\n" };
    Table::new(TableInfo::new("products", "csv"), columns, render)
}

/// Returns `true` for the name of a column that a shop can have beside those of the exporter.
pub(crate) fn extra(column: &str) -> bool {
    column.starts_with("Meta: ") || column.starts_with("Download ") || matches!(column, "Brands" | "Cost of goods")
}

pub(crate) struct WooCommerce;

impl Shape for WooCommerce {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        let options = std::sync::Arc::clone(&sheet.options);
        for name in listing.item.categories.iter().flatten().filter(|name| name.contains('>')) {
            sheet.warn("category_parted", "Categories", messages::channels::woocommerce_category_split(name));
        }
        let variants = sheet.sellable(0, listing, |_| None)?;
        sheet.line(0, &Line::product(listing, &options))?;
        for (at, variant) in variants.into_iter().enumerate() {
            sheet.line(0, &Line::variant(listing, variant, &options, at + 1))?;
        }
        Ok(())
    }
}

fn published<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    Cow::Borrowed(match line.item.content.status {
        ProductStatus::Active => "1",
        ProductStatus::Draft if !line.is_variant() => "-1",
        _ => "0",
    })
}

fn in_stock<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    let in_stock = if line.is_parent() {
        line.listing.variants.iter().any(|variant| variant.content.stock != Some(0))
    } else {
        line.item.content.stock != Some(0)
    };
    Cow::Borrowed(if in_stock { "1" } else { "0" })
}

/// Returns a text with line ends as the importer reads them.
fn lines(text: &Option<String>) -> Cow<'_, str> {
    let text = text.as_deref().unwrap_or_default();
    if text.contains(['\n', '\r']) {
        Cow::Owned(text.replace("\r\n", "\n").replace(['\n', '\r'], "\\n"))
    } else {
        Cow::Borrowed(text)
    }
}

fn listed(parts: &[impl AsRef<str>]) -> String {
    parts.iter().map(|part| part.as_ref().replace(',', "\\,")).collect::<Vec<_>>().join(", ")
}

fn categories<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    if line.is_variant() {
        return Cow::Borrowed("");
    }
    let paths: Vec<String> = line.categories().iter().map(|path| path.join(" > ")).collect();
    Cow::Owned(listed(&paths))
}

/// Returns all images of a product, or the first image of a variation.
fn images<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    let most = if line.is_variant() { 1 } else { usize::MAX };
    let urls: Vec<String> = line.item.images().iter().take(most).map(|url| encoded(url).into_owned()).collect();
    Cow::Owned(listed(&urls))
}

/// Returns the name and values at a position: first the axes, then the organisation's attributes in their order.
fn attribute<'l>(line: &'l Line<'l>, place: usize) -> (Cow<'l, str>, Cow<'l, str>) {
    let blank = (Cow::Borrowed(""), Cow::Borrowed(""));
    if place < AXES {
        let Some(axis) = line.listing.item.content.option_axes.get(place) else { return blank };
        if line.is_variant() {
            let value = line.item.content.options.get(axis).map_or("", String::as_str);
            return (Cow::Borrowed(axis), Cow::Owned(value.replace(',', "\\,")));
        }
        let values = line.listing.values_of(axis);
        return if values.is_empty() { blank } else { (Cow::Borrowed(axis), Cow::Owned(listed(&values))) };
    }
    let Some((code, name)) = line.options.attributes.get(place - AXES) else { return blank };
    if line.is_variant() {
        return blank;
    }
    let Some(found) = line.item.attributes.iter().find(|one| one.code == *code) else { return blank };
    (Cow::Borrowed(name), Cow::Owned(listed(&found.values)))
}
