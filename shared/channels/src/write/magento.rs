//! Magento 2's catalogue CSV. Sources: `CatalogImportExport/Model/Import/Product.php`, `…/Product/Validator/Media.php`,
//! `ConfigurableImportExport/Model/Import/Product/Type/Configurable.php` of 2.4.6.
//!
//! Simple products come before the configurable product that makes them its variants. A blank cell means no change; a
//! value that is known to be empty is `__EMPTY__VALUE__`. Attributes have columns of their own, because
//! `additional_attributes` is split at commas; only the axes of variants are there, whose values must not contain
//! commas anyway.

use std::borrow::Cow;

use messages::channels as say;
use product::ProductStatus;

use crate::column::{Cell, Column, Demand, Of, blank, column};
use crate::demands::{price, wanted};
use crate::fields::{decimal, money, number, text};
use crate::keys::{Keys, keyed};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::options::LayoutOptions;
use crate::render::{Disarm, Render};
use crate::values::{is_price, slug};
use crate::{Item, LeftOut, Listing};

const EMPTY: &str = "__EMPTY__VALUE__";

/// Returns `true` for an address from which the importer fetches a picture: the characters that `Validator/Media.php`
/// allows.
fn is_image(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':'))
        && !rest.contains([',', ' '])
        && rest.is_ascii()
}

/// Returns a text, or the mark for an empty one if it is known to be empty.
fn text_or_empty(text: &Option<String>) -> Cow<'_, str> {
    match text.as_deref() {
        Some("") => Cow::Borrowed(EMPTY),
        other => Cow::Borrowed(other.unwrap_or_default()),
    }
}

fn columns(options: &LayoutOptions) -> Vec<Column> {
    use Of::Line as Every;
    let image = || Demand::That("image_address_invalid", is_image, say::expected_image_address);
    let first = |name| {
        column(name, Every, |l| Cow::Borrowed(l.item.images().first().map_or("", String::as_str))).demand(image())
    };
    let label =
        |name| column(name, Every, |l| Cow::Borrowed(l.item.images().first().map_or("", |_| &l.item.content.title)));
    let mut columns = vec![
        column("sku", Every, |l| Cow::Borrowed(l.item.code())).filled().most(64),
        blank("store_view_code", Every),
        column("attribute_set_code", Every, |l| Cow::Borrowed(l.options.attribute_set.as_deref().unwrap_or("Default"))),
        column("product_type", Every, |l| Cow::Borrowed(if l.is_parent() { "configurable" } else { "simple" })),
        column("categories", Every, categories),
        column("product_websites", Every, |l| Cow::Borrowed(l.options.website.as_deref().unwrap_or("base"))),
        column("name", Every, |l| Cow::Borrowed(&l.item.content.title)).filled().most(255),
        column("description", Every, |l| text_or_empty(&l.item.content.description)).demand(Demand::Bytes(65_535)),
        column("short_description", Every, |l| text_or_empty(&l.item.content.short_description))
            .demand(Demand::Bytes(65_535)),
        column("weight", Every, |l| if l.is_parent() { Cow::Borrowed("") } else { decimal(l.weight()) }),
        column("product_online", Every, |l| {
            Cow::Borrowed(if l.item.content.status == ProductStatus::Active { "1" } else { "2" })
        }),
        column("tax_class_name", Every, |_| Cow::Borrowed("Taxable Goods")),
        column("visibility", Every, |l| {
            Cow::Borrowed(if l.is_variant() { "Not Visible Individually" } else { "Catalog, Search" })
        }),
        column("price", Every, |l| if l.is_parent() { Cow::Borrowed("") } else { money(l.regular_price()) })
            .demand(price()),
        column("special_price", Every, special).demand(Demand::That(
            "price_invalid",
            |text| text == EMPTY || is_price(text),
            say::expected_price,
        )),
        blank("special_price_from_date", Every),
        blank("special_price_to_date", Every),
        column("url_key", Every, |l| Cow::Borrowed(l.key)).most(255),
        column("meta_title", Every, |l| text_or_empty(&l.item.content.seo_title)).most(255),
        blank("meta_keywords", Every),
        column("meta_description", Every, |l| text_or_empty(&l.item.content.seo_description)).most(255),
        first("base_image"),
        label("base_image_label"),
        first("small_image"),
        label("small_image_label"),
        first("thumbnail_image"),
        label("thumbnail_image_label"),
        blank("swatch_image", Every),
        blank("swatch_image_label", Every),
        blank("created_at", Every),
        blank("updated_at", Every),
        blank("new_from_date", Every),
        blank("new_to_date", Every),
        blank("display_product_options_in", Every),
        blank("map_price", Every),
        blank("msrp_price", Every),
        blank("map_enabled", Every),
        blank("gift_message_available", Every),
        blank("custom_design", Every),
        blank("custom_design_from", Every),
        blank("custom_design_to", Every),
        blank("custom_layout_update", Every),
        blank("page_layout", Every),
        blank("product_options_container", Every),
        blank("msrp_display_actual_price_type", Every),
        blank("country_of_manufacture", Every),
        // The axes of a variant have no columns of their own, because their names differ from product to product.
        column("additional_attributes", Every, |l| {
            let axes = l.options_of().filter(|(_, value)| l.is_variant() && !value.is_empty());
            Cow::Owned(axes.map(|(axis, value)| format!("{}={value}", code(axis))).collect::<Vec<_>>().join(","))
        }),
        column("qty", Every, |l| if l.is_parent() { Cow::Borrowed("") } else { number(l.item.content.stock) }),
    ];
    for name in [
        "out_of_stock_qty",
        "use_config_min_qty",
        "is_qty_decimal",
        "allow_backorders",
        "use_config_backorders",
        "min_cart_qty",
        "use_config_min_sale_qty",
        "max_cart_qty",
        "use_config_max_sale_qty",
    ] {
        columns.push(blank(name, Every));
    }
    columns.push(column("is_in_stock", Every, in_stock));
    for name in [
        "notify_on_stock_below",
        "use_config_notify_stock_qty",
        "manage_stock",
        "use_config_manage_stock",
        "use_config_qty_increments",
        "qty_increments",
        "use_config_enable_qty_inc",
        "enable_qty_increments",
        "is_decimal_divided",
        "website_id",
        "related_skus",
        "related_position",
        "crosssell_skus",
        "crosssell_position",
        "upsell_skus",
        "upsell_position",
    ] {
        columns.push(blank(name, Every));
    }
    columns.push(
        column("additional_images", Every, |l| Cow::Owned(l.item.images().get(1..).unwrap_or_default().join(",")))
            .demand(Demand::That(
                "image_address_invalid",
                |text| text.split(',').all(is_image),
                say::expected_image_addresses,
            )),
    );
    for name in [
        "additional_image_labels",
        "hide_from_product_page",
        "custom_options",
        "bundle_price_type",
        "bundle_sku_type",
        "bundle_price_view",
        "bundle_weight_type",
        "bundle_values",
        "bundle_shipment_type",
        "associated_skus",
        "downloadable_links",
        "downloadable_samples",
    ] {
        columns.push(blank(name, Every));
    }
    columns.push(column("configurable_variations", Every, variations));
    columns.push(column("configurable_variation_labels", Every, |l| {
        let axes = l.listing.item.content.option_axes.iter().filter(|_| l.is_parent());
        Cow::Owned(axes.map(|axis| format!("{}={axis}", code(axis))).collect::<Vec<_>>().join(","))
    }));
    // Magento has no columns for these: they are attributes of the shop.
    columns.push(column("ean", Every, |l| text(&l.item.content.ean)));
    columns.push(column("manufacturer", Every, |l| text(&l.item.content.brand)).most(255));
    columns.push(column("cost", Every, |l| money(l.item.content.cost_price)));
    for (at, (own, _)) in options.attributes.iter().enumerate() {
        let name = own.replace('-', "_");
        // A second column with the name of another, or with its internal name, would make Magento refuse the whole
        // file.
        if is_internal(&name) || columns.iter().any(|column| column.name == name.as_str()) {
            continue;
        }
        let cell = Cell::Numbered(attribute, at);
        columns.push(Column { name: Cow::Owned(name), cell, ..blank("", Every) }.demand(Demand::Bytes(65_535)));
    }
    columns
}

/// Returns `true` for the internal name of a column above (`Product::$_fieldsMap`): an attribute with it would be the
/// same column.
fn is_internal(code: &str) -> bool {
    [
        "image",
        "small_image",
        "thumbnail",
        "_media_image",
        "media_gallery",
        "status",
        "news_from_date",
        "news_to_date",
        "msrp",
        "msrp_enabled",
        "minimal_price",
        "special_from_date",
        "special_to_date",
        "options_container",
        "min_qty",
        "backorders",
        "min_sale_qty",
        "max_sale_qty",
        "notify_stock_qty",
        "meta_keyword",
        "tax_class_id",
        "category_ids",
        "store",
        "websites",
    ]
    .contains(&code)
}

pub(crate) fn table(options: &LayoutOptions, is_mapped: impl Fn(&str) -> bool) -> Table {
    let mut columns = columns(options);
    // Blank means no change, so that the short form loses nothing; it is the usual form for imports by hand.
    wanted(&mut columns, options, is_mapped);
    let render = Render::Csv { delimiter: b',', mark: false, disarm: Disarm::None, header: true, list: "\n" };
    Table::new(TableInfo::new("products", "csv"), columns, render)
}

/// Returns `true` for the code of an attribute: any of them can be a column.
pub(crate) fn extra(column: &str) -> bool {
    !column.is_empty() && column.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[derive(Default)]
pub(crate) struct Magento {
    urls: Keys,
}

impl Shape for Magento {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        let options = std::sync::Arc::clone(&sheet.options);
        if listing.variants.is_empty() && Line::product(listing, &options).price().is_none() {
            return Err(LeftOut::new("required_missing", "price", say::magento_price_missing()));
        }
        for name in listing.item.categories.iter().flatten().filter(|name| name.contains(',')) {
            sheet.warn("category_left_out", "categories", say::magento_category_left_out(name));
        }
        let kept = sheet.sellable(0, listing, |variant| refusal(listing, variant))?;
        for (at, variant) in kept.iter().enumerate() {
            let key = self.urls.take(url(variant), variant.id, '-');
            sheet.line(0, &Line { key: &key, ..Line::variant(listing, variant, &options, at + 1) })?;
        }
        let key = self.urls.take(url(&listing.item), listing.item.id, '-');
        // The parent names the variants above it.
        let written = Listing { item: listing.item.clone(), variants: kept.into_iter().cloned().collect() };
        sheet.line(0, &Line { key: &key, ..Line::product(&written, &options) })
    }
}

/// Returns the last part of the address. It must be unique in the shop, or Magento refuses the row.
fn url(item: &Item) -> String {
    let title = slug(&item.content.title, 150);
    item.content.slug.as_deref().map_or_else(|| format!("{title}-{}", keyed(item)), |own| slug(own, 200))
}

/// Returns the code of the shop's attribute for an axis.
fn code(axis: &str) -> String {
    mapping::code_of(&axis.to_lowercase()).unwrap_or_else(|| "option".to_owned())
}

/// Returns why Magento would refuse a variant; `None` if it accepts it.
fn refusal(listing: &Listing, variant: &Item) -> Option<LeftOut> {
    let options = &variant.content.options;
    let texts = options.values().map(String::as_str).chain([variant.code()]);
    if let Some(text) = texts.into_iter().find(|text| text.contains([',', '|', '='])) {
        return Some(LeftOut::new("option_invalid", "configurable_variations", say::magento_option_invalid(text)));
    }
    if variant.content.price.or(listing.item.content.price).is_none() {
        return Some(LeftOut::new("required_missing", "price", say::magento_variant_price_missing()));
    }
    None
}

fn variations<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    if !line.is_parent() {
        return Cow::Borrowed("");
    }
    let listing = line.listing;
    let variation = |variant: &Item| {
        let mut text = format!("sku={}", variant.code());
        for axis in &listing.item.content.option_axes {
            let value = variant.content.options.get(axis).map_or("", String::as_str);
            text.push_str(&format!(",{}={value}", code(axis)));
        }
        text
    };
    Cow::Owned(listing.variants.iter().map(variation).collect::<Vec<_>>().join("|"))
}

/// Returns the price in a sale. Outside a sale the mark for an empty value removes it.
fn special<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    match line.sale_price() {
        _ if line.is_parent() => Cow::Borrowed(""),
        Some(sale) => money(Some(sale)),
        None => Cow::Borrowed(EMPTY),
    }
}

fn in_stock<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    let in_stock = match line.is_parent() {
        true => line.listing.variants.iter().any(|variant| variant.content.stock != Some(0)),
        false => line.item.content.stock != Some(0),
    };
    Cow::Borrowed(if in_stock { "1" } else { "0" })
}

/// Returns the paths from the shop's root, without those that the format cannot hold.
fn categories<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    let root = line.options.root_category.as_deref().unwrap_or("Default Category");
    let paths = line.categories();
    let valid = paths.iter().filter(|path| !path.iter().any(|name| name.contains(',')));
    let joined = valid.map(|path| {
        let names = path.iter().map(|name| name.replace('/', "\\/"));
        std::iter::once(root.to_owned()).chain(names).collect::<Vec<_>>().join("/")
    });
    Cow::Owned(joined.collect::<Vec<_>>().join(","))
}

/// Returns an attribute; several values are separated by `|`.
fn attribute<'l>(line: &'l Line<'l>, at: usize) -> Cow<'l, str> {
    let Some((wanted, _)) = line.options.attributes.get(at) else { return Cow::Borrowed("") };
    let found = line.item.attributes.iter().find(|one| one.code == *wanted);
    found.map_or(Cow::Borrowed(""), |one| Cow::Owned(one.values.join("|")))
}
