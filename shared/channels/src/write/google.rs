//! Google Merchant Center's product feed, tab-separated and RSS. Source: support.google.com/merchants, answers 7052112
//! (specification), 160567 and 14987622 (formats), read in November 2026. Every variant is an item of its own.

use std::borrow::Cow;

use messages::channels as say;
use product::{Gtin, ProductStatus};

use crate::axes::{AGE_GROUP, COLOR, GENDER, MATERIAL, SIZE};
use crate::column::{Column, Demand, Kind, Of, blank, column};
use crate::fields::{money, text};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::options::LayoutOptions;
use crate::render::{Disarm, Render, escape};
use crate::values::{encoded, is_web_address, plain};
use crate::{LeftOut, Listing};

fn is_address(text: &str) -> bool {
    is_web_address(text) && text.is_ascii()
}

/// Returns `true` for a code that a maker assigned: with the right check digit, and without the prefixes of shops and
/// coupons.
fn is_makers(text: &str) -> bool {
    let Ok(gtin) = Gtin::parse(text) else { return false };
    let code = gtin.to_gtin14();
    // GTIN-13 with 02, 04 or 2 are restricted (GS1 General Specifications, 1.4.2). A case has one more digit in front
    // of the code of the piece.
    let thirteen = &code.as_str()[1..];
    !(thirteen.starts_with("02") || thirteen.starts_with("04") || thirteen.starts_with('2'))
}

fn is_positive(text: &str) -> bool {
    let amount = text.split(' ').next().unwrap_or_default();
    amount.parse::<rust_decimal::Decimal>().is_ok_and(|amount| amount > rust_decimal::Decimal::ZERO)
}

fn price(amount: Option<rust_decimal::Decimal>, currency: &str) -> Cow<'static, str> {
    amount.map_or(Cow::Borrowed(""), |amount| Cow::Owned(format!("{} {currency}", money(Some(amount.round_dp(2))))))
}

fn columns() -> Vec<Column> {
    use Of::Line as Every;
    let address = || Demand::That("address_invalid", is_address, say::expected_ascii_address);
    vec![
        column("id", Every, |l| Cow::Borrowed(l.item.code())).filled().most(50),
        column("title", Every, |l| Cow::Borrowed(&l.item.content.title)).filled().most(150),
        column("description", Every, |l| Cow::Owned(description(l))).filled().most(5_000),
        column("link", Every, |l| l.link()).filled().most(2_000).demand(address()),
        column("image_link", Every, |l| encoded(l.images().first().map_or("", String::as_str)))
            .filled()
            .most(2_000)
            .demand(address()),
        column("additional_image_link", Every, |l| {
            let more = l.images().iter().skip(1).take(10).map(|url| encoded(url).replace(',', "%2C"));
            Cow::Owned(more.collect::<Vec<_>>().join("\n"))
        })
        .kind(Kind::List),
        column("availability", Every, |l| {
            let there = l.item.content.status == ProductStatus::Active && l.item.content.stock != Some(0);
            Cow::Borrowed(if there { "in_stock" } else { "out_of_stock" })
        }),
        blank("availability_date", Every),
        column("price", Every, |l| price(l.regular_price(), l.currency())).filled().demand(Demand::That(
            "price_zero",
            is_positive,
            say::expected_positive_price,
        )),
        column("sale_price", Every, |l| price(l.sale_price(), l.currency())),
        blank("sale_price_effective_date", Every),
        blank("unit_pricing_measure", Every),
        blank("unit_pricing_base_measure", Every),
        column("brand", Every, |l| l.text(|content| &content.brand)).most(70),
        column("gtin", Every, |l| text(&l.item.content.ean)).demand(Demand::That(
            "gtin_invalid",
            is_makers,
            say::expected_makers_gtin,
        )),
        column("mpn", Every, |l| text(&l.item.content.supplier_reference)).most(70),
        column("identifier_exists", Every, |l| {
            let content = &l.item.content;
            let missing = content.ean.is_none() && content.supplier_reference.is_none();
            Cow::Borrowed(if missing { "no" } else { "yes" })
        }),
        column("condition", Every, |l| Cow::Borrowed(l.options.condition.as_deref().unwrap_or("new"))),
        column("item_group_id", Every, |l| Cow::Borrowed(if l.is_variant() { l.listing.item.code() } else { "" }))
            .most(50),
        column("color", Every, |l| l.value_of(COLOR)).most(100),
        column("size", Every, |l| l.value_of(SIZE)).most(100),
        column("material", Every, |l| l.value_of(MATERIAL)).most(200),
        column("pattern", Every, |l| l.value_of(&["pattern", "motif"])).most(100),
        column("gender", Every, |l| one_of(&l.value_of(GENDER), &["male", "female", "unisex"])),
        column("age_group", Every, |l| {
            one_of(&l.value_of(AGE_GROUP), &["newborn", "infant", "toddler", "kids", "adult"])
        }),
        blank("adult", Every),
        blank("multipack", Every),
        blank("is_bundle", Every),
        blank("certification", Every),
        blank("google_product_category", Every),
        column("product_type", Every, |l| {
            Cow::Owned(l.categories().first().map(|path| path.join(" > ")).unwrap_or_default())
        })
        .most(750),
        column("shipping_weight", Every, |l| {
            l.grams().map_or(Cow::Borrowed(""), |grams| Cow::Owned(format!("{} g", grams.normalize())))
        }),
        blank("shipping", Every),
        blank("custom_label_0", Every).most(100),
        blank("custom_label_1", Every).most(100),
        blank("custom_label_2", Every).most(100),
        blank("custom_label_3", Every).most(100),
        blank("custom_label_4", Every).most(100),
        blank("excluded_destination", Every),
        blank("included_destination", Every),
    ]
}

/// Returns `true` for the name of an attribute of the specification that is not in the list above.
pub(crate) fn extra(column: &str) -> bool {
    !column.is_empty() && column.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

pub(crate) fn table(options: &LayoutOptions, xml: bool) -> Table {
    if !xml {
        let render = Render::Csv { delimiter: b'\t', mark: false, disarm: Disarm::None, header: true, list: "," };
        return Table::new(TableInfo::new("feed", "tsv"), columns(), render);
    }
    let shop = options.seller.clone().unwrap_or_default();
    let link = shop.url.or_else(|| options.link.clone()).unwrap_or_default();
    let link: String = link.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let title = if shop.name.is_empty() { "Products" } else { &shop.name };
    let begin = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n\
         <title>{0}</title>\n<link>{1}</link>\n<description>{0}</description>\n",
        escape(title),
        escape(&link)
    );
    let render = Render::Elements { begin, row: "item", prefix: "g:", end: "</channel>\n</rss>\n" };
    Table::new(TableInfo::new("feed", "xml"), columns(), render)
}

/// Items of one row each. A repeated attribute is a list in a cell of text, and several elements in RSS.
pub(crate) struct Google;

impl Shape for Google {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        if !listing.variants.is_empty() && listing.item.code().is_empty() {
            return Err(LeftOut::new("required_missing", "item_group_id", say::google_parent_code_missing()));
        }
        items(listing, sheet)
    }
}

/// Writes a line for a product without variants, or for each variant.
pub(crate) fn items(listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
    let options = std::sync::Arc::clone(&sheet.options);
    if listing.variants.is_empty() {
        return sheet.line(0, &Line::product(listing, &options));
    }
    for (at, variant) in sheet.sellable(0, listing, |_| None)?.into_iter().enumerate() {
        sheet.line(0, &Line::variant(listing, variant, &options, at + 1))?;
    }
    Ok(())
}

/// Returns the description as plain text, else the short description.
pub(crate) fn description(line: &Line<'_>) -> String {
    let long = line.text(|content| &content.description);
    let short = line.text(|content| &content.short_description);
    plain(if long.trim().is_empty() { &short } else { &long })
}

/// Returns the known value that equals `text`, whatever its case; blank if none does.
pub(crate) fn one_of(text: &str, known: &[&'static str]) -> Cow<'static, str> {
    let text = text.to_lowercase();
    Cow::Borrowed(known.iter().find(|known| **known == text).copied().unwrap_or(""))
}
