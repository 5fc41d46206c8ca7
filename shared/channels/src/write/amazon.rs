//! Amazon's flat files: the filled template of the seller, in both generations, and the fixed Inventory Loader.
//! Sources: Seller Central's templates and "Inventory Loader" as described in November 2026;
//! `listings-feed-schema-v2.json` of `amzn/selling-partner-api-models` for the names of attributes.
//!
//! Tab-separated, without quotes; the format has no form for tabs and line ends. Parents come before their children. A
//! template's columns that the catalogue cannot fill stay blank unless they are mapped: Amazon itself reports which of
//! them it demands.

use std::borrow::Cow;

use super::AmazonTemplate;
use crate::axes::{COLOR, MATERIAL, SIZE};
use crate::column::{Column, Demand, Of, blank, column};
use crate::demands::{gtin, price, web_address};
use crate::fields::{CellText, money, number, text};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::render::Render;
use crate::values::{encoded, plain};
use crate::{LeftOut, Listing};

const SKU: Demand = Demand::That(
    "sku_invalid",
    |text| text.trim() == text && text.chars().count() <= 40,
    messages::channels::expected_sku,
);

/// Returns the source of a column by its technical name in the older templates; `None` if the catalogue cannot fill it.
fn meaning(name: &str) -> Option<CellText> {
    Some(match name {
        "feed_product_type" | "product_type" => |l| text(&l.options.product_type),
        "item_sku" | "sku" | "contribution_sku" => |l| Cow::Borrowed(l.item.code()),
        "brand_name" | "brand" | "manufacturer" => |l| l.text(|content| &content.brand),
        "update_delete" => |_| Cow::Borrowed("Update"),
        "item_name" | "title" => |l| Cow::Borrowed(&l.item.content.title),
        "part_number" | "model" => |l| l.text(|content| &content.supplier_reference),
        "external_product_id" | "product-id" | "product_id_value" => |l| sold(l, text(&l.item.content.ean)),
        "external_product_id_type" | "product-id-type" | "product_id_type" => |l| {
            let kind = match l.item.content.ean.as_deref().map(str::len) {
                Some(12) => "UPC",
                Some(14) => "GTIN",
                Some(_) => "EAN",
                None => "",
            };
            sold(l, Cow::Borrowed(kind))
        },
        "product_description" => |l| Cow::Owned(breaks(&l.text(|content| &content.description))),
        "standard_price" | "price" | "our_price" => |l| sold(l, money(l.regular_price())),
        "sale_price" => |l| sold(l, money(l.sale_price())),
        "list_price" => |l| sold(l, money(l.compare_at())),
        "quantity" => |l| sold(l, number(l.item.content.stock)),
        "currency" => |l| sold(l, Cow::Borrowed(l.currency())),
        "condition_type" | "condition-type" => |l| sold(l, Cow::Borrowed(condition(l))),
        "main_image_url" | "main_product_image_locator" | "main-offer-image" => |l| image(l, 0),
        "other_image_url1" | "other_product_image_locator_1" => |l| image(l, 1),
        "other_image_url2" | "other_product_image_locator_2" => |l| image(l, 2),
        "other_image_url3" | "other_product_image_locator_3" => |l| image(l, 3),
        "other_image_url4" | "other_product_image_locator_4" => |l| image(l, 4),
        "other_image_url5" | "other_product_image_locator_5" => |l| image(l, 5),
        "other_image_url6" | "other_product_image_locator_6" => |l| image(l, 6),
        "other_image_url7" | "other_product_image_locator_7" => |l| image(l, 7),
        "other_image_url8" | "other_product_image_locator_8" => |l| image(l, 8),
        "parent_child" | "parentage_level" => |l| {
            Cow::Borrowed(if l.is_variant() {
                "Child"
            } else if l.is_parent() {
                "Parent"
            } else {
                ""
            })
        },
        "parent_sku" => |l| Cow::Borrowed(if l.is_variant() { l.listing.item.code() } else { "" }),
        "relationship_type" => |l| Cow::Borrowed(if l.is_variant() { "Variation" } else { "" }),
        "variation_theme" => |l| if l.is_variant() || l.is_parent() { Cow::Owned(theme(l)) } else { Cow::Borrowed("") },
        "color_name" | "color" | "color_map" => |l| l.value_of(COLOR),
        "size_name" | "size" | "size_map" => |l| l.value_of(SIZE),
        "material_type" | "material" => |l| l.value_of(MATERIAL),
        "bullet_point1" => |l| bullet(l, 0),
        "bullet_point2" => |l| bullet(l, 1),
        "bullet_point3" => |l| bullet(l, 2),
        "bullet_point4" => |l| bullet(l, 3),
        "bullet_point5" => |l| bullet(l, 4),
        "generic_keywords" | "generic_keyword" => |l| Cow::Owned(keywords(l)),
        "item_weight" => |l| l.grams().map_or(Cow::Borrowed(""), |grams| Cow::Owned(grams.normalize().to_string())),
        "item_weight_unit_of_measure" => |l| Cow::Borrowed(l.grams().map_or("", |_| "GR")),
        _ => return None,
    })
}

/// Returns the source of a column by its path in the newer templates; `None` if the catalogue cannot fill it. A path
/// has the name of an attribute, the number of the value, and the part of the value.
fn path_meaning(path: &str) -> Option<CellText> {
    let (attribute, rest) = path.split_once('#').unwrap_or((path, ""));
    let name = attribute.split('[').next().unwrap_or_default();
    let number = rest.split(['.', '#']).next().unwrap_or_default();
    let last = path.rsplit('.').next().unwrap_or_default();
    match (name, last) {
        ("bullet_point", "value") => meaning(&format!("bullet_point{number}")),
        ("child_parent_sku_relationship", "parent_sku") => meaning("parent_sku"),
        ("fulfillment_availability", "quantity") => meaning("quantity"),
        ("fulfillment_availability", "fulfillment_channel_code") => Some(|l| sold(l, Cow::Borrowed("DEFAULT"))),
        ("purchasable_offer", "value_with_tax") if path.contains(".our_price#") => meaning("standard_price"),
        ("purchasable_offer", "currency") => meaning("currency"),
        ("list_price", "value_with_tax" | "value") => meaning("list_price"),
        ("item_weight", "unit") => Some(|l| Cow::Borrowed(l.grams().map_or("", |_| "grams"))),
        ("variation_theme", "name") => meaning("variation_theme"),
        (name, "media_location") => meaning(name),
        ("sale_price" | "purchasable_offer" | "fulfillment_availability" | "child_parent_sku_relationship", _) => None,
        (name, "value") => meaning(name),
        _ if path.ends_with("product_id_type") => meaning("product_id_type"),
        _ if path.ends_with("product_id_value") => meaning("product_id_value"),
        _ => None,
    }
}

/// Adds what Amazon demands of a column in every category.
fn demanded(name: &str, column: Column) -> Column {
    let name = name.split(['[', '#']).next().unwrap_or_default();
    match name {
        "item_sku" | "sku" | "contribution_sku" => column.filled().demand(SKU),
        "item_name" => column.filled().most(200),
        "brand_name" | "brand" => column.filled(),
        "feed_product_type" | "product_type" => column.filled(),
        "external_product_id" => column.demand(gtin()),
        "standard_price" => column.demand(price()),
        "main_image_url" | "main_product_image_locator" => column.demand(web_address("image_address_invalid")),
        "product_description" => column.most(2_000),
        "generic_keywords" | "generic_keyword" => column.demand(Demand::Bytes(249)),
        name if name.starts_with("bullet_point") => column.most(500),
        _ => column,
    }
}

/// Returns the table of a template.
pub(crate) fn table(template: &AmazonTemplate) -> Table {
    let columns = template.columns.iter().map(|name| {
        let found = if template.newer { path_meaning(name) } else { meaning(name) };
        let base = match found {
            Some(text) => column("", Of::Line, text),
            None => blank("", Of::Line),
        };
        demanded(name, Column { name: Cow::Owned(name.clone()), ..base })
    });
    Table::new(
        TableInfo::new("flat-file", "txt"),
        columns.collect(),
        Render::Tabbed { head: template.head.clone().into_bytes() },
    )
}

const LOADER: &str = "sku\tproduct-id\tproduct-id-type\tprice\tminimum-seller-allowed-price\tmaximum-seller-allowed-price\titem-condition\tquantity\tadd-delete\twill-ship-internationally\texpedited-shipping\titem-note\tfulfillment-center-id\r\n";

/// Returns the table of the Inventory Loader: offers for products that Amazon already has, found by EAN.
pub(crate) fn loader() -> Table {
    let columns = vec![
        column("sku", Of::Line, |l| Cow::Borrowed(l.item.code())).filled().demand(SKU),
        column("product-id", Of::Line, |l| match l.item.content.identifiers.get("amazon.asin") {
            Some(asin) => Cow::Borrowed(asin),
            None => text(&l.item.content.ean),
        })
        .filled(),
        column("product-id-type", Of::Line, |l| {
            let asin = l.item.content.identifiers.contains_key("amazon.asin");
            let kind = match l.item.content.ean.as_deref().map(str::len) {
                _ if asin => "1",
                Some(12) => "3",
                _ => "4",
            };
            Cow::Borrowed(kind)
        }),
        column("price", Of::Line, |l| money(l.price())).filled().demand(price()),
        blank("minimum-seller-allowed-price", Of::Line),
        blank("maximum-seller-allowed-price", Of::Line),
        column("item-condition", Of::Line, |_| Cow::Borrowed("11")),
        column("quantity", Of::Line, |l| number(l.item.content.stock)),
        column("add-delete", Of::Line, |_| Cow::Borrowed("a")),
        blank("will-ship-internationally", Of::Line),
        blank("expedited-shipping", Of::Line),
        blank("item-note", Of::Line),
        blank("fulfillment-center-id", Of::Line),
    ];
    Table::new(TableInfo::new("inventory-loader", "txt"), columns, Render::Tabbed { head: LOADER.as_bytes().to_vec() })
}

/// The shape of both files: parents and their children; without parents for the loader.
pub(crate) struct Amazon {
    pub(crate) parents: bool,
}

impl Shape for Amazon {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        let options = std::sync::Arc::clone(&sheet.options);
        let priceless = |item: &crate::Item| item.content.price.or(listing.item.content.price).is_none();
        if listing.variants.is_empty() {
            if priceless(&listing.item) {
                return Err(LeftOut::new("price_missing", "price", messages::channels::amazon_price_missing()));
            }
            return sheet.line(0, &Line::product(listing, &options));
        }
        let kept = sheet.sellable(0, listing, |variant| {
            let message = messages::channels::amazon_variant_price_missing;
            priceless(variant).then(|| LeftOut::new("price_missing", "price", message()))
        })?;
        if self.parents {
            sheet.line(0, &Line::product(listing, &options))?;
        }
        for (at, variant) in kept.into_iter().enumerate() {
            sheet.line(0, &Line::variant(listing, variant, &options, at + 1))?;
        }
        Ok(())
    }
}

/// Returns the text for products and variants that are sold; blank for a parent.
fn sold<'l>(line: &Line<'l>, text: Cow<'l, str>) -> Cow<'l, str> {
    if line.is_parent() { Cow::Borrowed("") } else { text }
}

fn condition(line: &Line<'_>) -> &'static str {
    match line.options.condition.as_deref() {
        Some("refurbished") => "Refurbished",
        Some("used") => "UsedGood",
        _ => "New",
    }
}

fn image<'l>(line: &Line<'l>, at: usize) -> Cow<'l, str> {
    let images: &'l [String] = line.images();
    encoded(images.get(at).map_or("", String::as_str))
}

/// Returns the variation theme, such as `Size`, `Color` or `SizeColor`: the axes in the order of the parent. A mapping
/// can set the spelling of the template.
fn theme(line: &Line<'_>) -> String {
    let names = line.listing.item.content.option_axes.iter().map(|axis| match mapping::normalize(axis).as_str() {
        "color" | "colour" | "couleur" | "farbe" => "Color".to_owned(),
        "size" | "taille" | "grosse" | "pointure" => "Size".to_owned(),
        other => other.split('_').map(capitalized).collect(),
    });
    names.collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns one of the five bullet points: a paragraph of the short description.
fn bullet<'l>(line: &Line<'l>, at: usize) -> Cow<'l, str> {
    let summary = plain(&line.text(|content| &content.short_description));
    Cow::Owned(summary.lines().map(str::trim).filter(|point| !point.is_empty()).nth(at).unwrap_or_default().to_owned())
}

/// Returns as many tags as fit.
fn keywords(line: &Line<'_>) -> String {
    let mut words = String::new();
    for tag in line.tags() {
        if words.len() + 1 + tag.len() > 249 {
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(tag);
    }
    words
}

/// Returns a text with `<br>` for line ends, the only HTML that Amazon reads.
fn breaks(html: &str) -> String {
    plain(html).lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("<br>")
}
