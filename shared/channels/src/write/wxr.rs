//! The `WordPress` export (WXR 1.2) that the importer of `WordPress` reads into a `WooCommerce` shop: items for
//! products, variations and pictures. Sources: `wp-admin/includes/export.php` for the elements,
//! `WC_Product_Data_Store_CPT` for the keys of postmeta. Prices and stock are postmeta; the axes of variants are a
//! PHP-serialized list whose lengths count bytes.

use std::borrow::Cow;

use product::ProductStatus;

use crate::column::{Of, column};
use crate::fields::{decimal, money};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::render::{Render, element};
use crate::values::{encoded, slug};
use crate::{LeftOut, Listing};

const BEGIN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <rss version=\"2.0\" xmlns:excerpt=\"http://wordpress.org/export/1.2/excerpt/\" \
    xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
    xmlns:wp=\"http://wordpress.org/export/1.2/\">\n\
    <channel>\n<title>Products</title>\n<wp:wxr_version>1.2</wp:wxr_version>\n";

pub(crate) fn table() -> Table {
    // The required columns, so that they are checked as in the other layouts.
    let checked = vec![
        column("_sku", Of::Line, |l| Cow::Borrowed(l.item.code())).filled().most(100),
        column("title", Of::Line, |l| Cow::Borrowed(&l.item.content.title)).filled(),
    ];
    let render = Render::Raw { begin: BEGIN, end: "</channel>\n</rss>\n" };
    Table::new(TableInfo::new("products", "xml"), checked, render)
}

/// The ids of items. The importer assigns other ids if these are in use.
pub(crate) struct Wxr {
    next: u64,
}

impl Default for Wxr {
    fn default() -> Self {
        Self { next: 1_000_001 }
    }
}

impl Shape for Wxr {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        let options = std::sync::Arc::clone(&sheet.options);
        let product = Line::product(listing, &options);
        sheet.fill(0, &product)?;
        let variants = sheet.sellable(0, listing, |_| None)?;
        let mut out = Vec::with_capacity(4_096);
        let images = self.pictures(&product, &mut out);
        let id = self.take();
        self.item(&product, id, 0, &images, &mut out);
        for (at, variant) in variants.into_iter().enumerate() {
            let line = Line::variant(listing, variant, &options, at + 1);
            let images = self.pictures(&line, &mut out);
            let own = self.take();
            self.item(&line, own, id, &images, &mut out);
        }
        if listing.item.categories.iter().any(|path| path.len() > 1) {
            sheet.warn("category_flattened", "category", messages::channels::wordpress_category_flattened());
        }
        sheet.raw(0, |all, _| all.extend_from_slice(&out));
        Ok(())
    }
}

impl Wxr {
    fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Writes the items of pictures. Returns their ids.
    fn pictures(&mut self, line: &Line<'_>, out: &mut Vec<u8>) -> Vec<u64> {
        let most = if line.is_variant() { 1 } else { usize::MAX };
        let mut ids = Vec::new();
        for url in line.item.images().iter().take(most) {
            let (id, url) = (self.take(), encoded(url));
            out.extend_from_slice(b"<item>\n");
            element(out, "title", &[], &line.item.content.title);
            element(out, "wp:post_id", &[], &id.to_string());
            element(out, "wp:status", &[], "inherit");
            element(out, "wp:post_parent", &[], "0");
            element(out, "wp:post_type", &[], "attachment");
            element(out, "wp:attachment_url", &[], &url);
            out.extend_from_slice(b"</item>\n");
            ids.push(id);
        }
        ids
    }

    fn item(&self, line: &Line<'_>, id: u64, parent: u64, images: &[u64], out: &mut Vec<u8>) {
        let content = &line.item.content;
        let (variant, variable) = (line.is_variant(), line.is_parent());
        out.extend_from_slice(b"<item>\n");
        element(out, "title", &[], &content.title);
        element(out, "content:encoded", &[], content.description.as_deref().unwrap_or_default());
        element(out, "excerpt:encoded", &[], content.short_description.as_deref().unwrap_or_default());
        element(out, "wp:post_id", &[], &id.to_string());
        let name =
            content.slug.clone().unwrap_or_else(|| slug(&format!("{} {}", content.title, line.item.code()), 200));
        element(out, "wp:post_name", &[], &name);
        element(
            out,
            "wp:status",
            &[],
            match content.status {
                ProductStatus::Active => "publish",
                ProductStatus::Draft if !variant => "draft",
                _ => "private",
            },
        );
        element(out, "wp:post_parent", &[], &parent.to_string());
        element(out, "wp:menu_order", &[], &line.number.to_string());
        element(out, "wp:post_type", &[], if variant { "product_variation" } else { "product" });
        if !variant {
            let term = |out: &mut Vec<u8>, domain: &str, name: &str| {
                element(out, "category", &[("domain", domain), ("nicename", &slug(name, 200))], name);
            };
            term(out, "product_type", if variable { "variable" } else { "simple" });
            for path in line.categories() {
                path.last().into_iter().for_each(|name| term(out, "product_cat", name));
            }
            line.tags().iter().for_each(|tag| term(out, "product_tag", tag));
        }
        self.meta(line, images, out);
        out.extend_from_slice(b"</item>\n");
    }

    fn meta(&self, line: &Line<'_>, images: &[u64], out: &mut Vec<u8>) {
        let content = &line.item.content;
        let meta = |out: &mut Vec<u8>, key: &str, value: &str| {
            if !value.is_empty() {
                out.extend_from_slice(b"<wp:postmeta>\n");
                element(out, "wp:meta_key", &[], key);
                element(out, "wp:meta_value", &[], value);
                out.extend_from_slice(b"</wp:postmeta>\n");
            }
        };
        meta(out, "_sku", line.item.code());
        meta(out, "_global_unique_id", content.ean.as_deref().unwrap_or_default());
        if !line.is_parent() {
            meta(out, "_regular_price", &money(line.regular_price()));
            meta(out, "_sale_price", &money(line.sale_price()));
            meta(out, "_price", &money(line.price()));
        }
        if let Some(stock) = content.stock.filter(|_| !line.is_parent()) {
            meta(out, "_stock", &stock.to_string());
            meta(out, "_manage_stock", "yes");
        }
        meta(out, "_stock_status", if content.stock == Some(0) { "outofstock" } else { "instock" });
        meta(out, "_weight", &decimal(crate::values::weight_in(content.weight, line.options.weight_unit)));
        let sides = crate::values::sides_in(content.dimensions, line.options.length_unit);
        for (key, side) in ["_length", "_width", "_height"].into_iter().zip(sides) {
            meta(out, key, &decimal(side));
        }
        if let Some((first, more)) = images.split_first() {
            meta(out, "_thumbnail_id", &first.to_string());
            meta(out, "_product_image_gallery", &more.iter().map(u64::to_string).collect::<Vec<_>>().join(","));
        }
        if line.is_variant() {
            for (axis, value) in line.options_of() {
                meta(out, &format!("attribute_{}", slug(axis, 100)), value);
            }
        } else {
            meta(out, "_product_attributes", &serialized(line));
        }
    }
}

/// Returns the axes and attributes in the format of PHP's `serialize`. The length of a string counts bytes.
fn serialized(line: &Line<'_>) -> String {
    let mut all: Vec<(String, String, bool)> = Vec::new();
    for axis in line.listing.item.content.option_axes.iter().filter(|_| line.is_parent()) {
        all.push((axis.clone(), line.listing.values_of(axis).join(" | "), true));
    }
    let contains =
        |all: &[(String, String, bool)], name: &str| all.iter().any(|(known, ..)| slug(known, 100) == slug(name, 100));
    for one in &line.item.attributes {
        // If two have the same key, the shop keeps the last: an attribute must not replace an axis.
        if !contains(&all, &one.name) {
            all.push((one.name.clone(), one.values.join(" | "), false));
        }
    }
    // Characters that XML cannot hold must not be counted.
    for (name, values, _) in &mut all {
        name.retain(|c| !c.is_control());
        values.retain(|c| !c.is_control());
    }
    if all.is_empty() {
        return String::new();
    }
    let text = |text: &str| format!("s:{}:\"{text}\";", text.len());
    let mut php = format!("a:{}:{{", all.len());
    for (place, (name, values, varies)) in all.iter().enumerate() {
        let pairs = [
            ("name", text(name)),
            ("value", text(values)),
            ("position", format!("i:{place};")),
            ("is_visible", "i:1;".to_owned()),
            ("is_variation", format!("i:{};", u8::from(*varies))),
            ("is_taxonomy", "i:0;".to_owned()),
        ];
        php.push_str(&text(&slug(name, 100)));
        php.push_str(&format!("a:{}:{{", pairs.len()));
        for (key, value) in pairs {
            php.push_str(&text(key));
            php.push_str(&value);
        }
        php.push('}');
    }
    php.push('}');
    php
}
