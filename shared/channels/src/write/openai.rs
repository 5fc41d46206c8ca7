//! `OpenAI`'s product feed, JSON Lines and CSV, a row for each variant. Source: developers.openai.com/commerce,
//! "Product feed schema" of September 2026 (`item_id`, `url`, `image_url`), with the two country fields that its newest
//! version demands. Unknown values are left out; `null` and `unknown` are never written.

use std::borrow::Cow;

use product::ProductStatus;

use super::google::{description, items, one_of};
use crate::axes::{AGE_GROUP, COLOR, GENDER, MATERIAL, SIZE};
use crate::column::{Column, Kind, Of, blank, column};
use crate::demands::{gtin, web_address};
use crate::fields::{decimal, money, text};
use crate::layout::{Shape, Sheet, Table, TableInfo};
use crate::line::Line;
use crate::render::{Disarm, Render};
use crate::values::encoded;
use crate::{LeftOut, Listing};

fn price(amount: Option<rust_decimal::Decimal>, currency: &str) -> Cow<'static, str> {
    let amount = amount.filter(|amount| *amount > rust_decimal::Decimal::ZERO);
    amount.map_or(Cow::Borrowed(""), |amount| Cow::Owned(format!("{} {currency}", money(Some(amount.round_dp(2))))))
}

fn columns() -> Vec<Column> {
    use Of::Line as Every;
    let address = || web_address("address_invalid");
    vec![
        column("item_id", Every, |l| Cow::Borrowed(l.item.code())).filled().most(100),
        column("title", Every, |l| Cow::Borrowed(&l.item.content.title)).filled().most(150),
        column("description", Every, |l| Cow::Owned(description(l))).filled().most(5_000),
        column("url", Every, |l| l.link()).filled().demand(address()),
        column("brand", Every, |l| l.text(|content| &content.brand)).filled().most(70),
        column("seller_name", Every, |l| seller_text(l, |seller| Some(&seller.name))).filled().most(70),
        column("image_url", Every, |l| encoded(l.images().first().map_or("", String::as_str)))
            .filled()
            .demand(address()),
        column("additional_image_urls", Every, |l| {
            let more = l.images().iter().skip(1).map(|url| encoded(url).replace(',', "%2C"));
            Cow::Owned(more.collect::<Vec<_>>().join("\n"))
        })
        .kind(Kind::List),
        column("availability", Every, |l| {
            let there = l.item.content.status == ProductStatus::Active && l.item.content.stock != Some(0);
            Cow::Borrowed(if there { "in_stock" } else { "out_of_stock" })
        }),
        column("price", Every, |l| price(l.regular_price(), l.currency())).filled(),
        column("sale_price", Every, |l| price(l.sale_price(), l.currency())),
        column("is_eligible_search", Every, |_| Cow::Borrowed("true")).kind(Kind::Truth),
        column("is_eligible_checkout", Every, |_| Cow::Borrowed("false")).kind(Kind::Truth),
        column("group_id", Every, group),
        column("listing_has_variations", Every, |l| Cow::Borrowed(if l.is_variant() { "true" } else { "" }))
            .kind(Kind::Truth),
        column("variant_dict", Every, |l| {
            if !l.is_variant() {
                return Cow::Borrowed("");
            }
            let options: serde_json::Map<String, serde_json::Value> =
                l.options_of().map(|(axis, value)| (axis.to_owned(), value.into())).collect();
            Cow::Owned(serde_json::Value::Object(options).to_string())
        })
        .kind(Kind::Json),
        column("gtin", Every, |l| text(&l.item.content.ean)).demand(gtin()),
        column("mpn", Every, |l| text(&l.item.content.supplier_reference)).most(70),
        column("condition", Every, |l| Cow::Borrowed(l.options.condition.as_deref().unwrap_or("new"))),
        column("product_category", Every, |l| {
            Cow::Owned(l.categories().first().map(|path| path.join(" > ")).unwrap_or_default())
        }),
        column("material", Every, |l| l.value_of(MATERIAL)).most(100),
        column("color", Every, |l| l.value_of(COLOR)).most(40),
        column("size", Every, |l| l.value_of(SIZE)).most(20),
        column("gender", Every, |l| one_of(&l.value_of(GENDER), &["male", "female", "unisex"])),
        column("age_group", Every, |l| {
            one_of(&l.value_of(AGE_GROUP), &["newborn", "infant", "toddler", "kids", "adult"])
        }),
        column("weight", Every, |l| decimal(l.weight())),
        column("item_weight_unit", Every, |l| Cow::Borrowed(l.weight().map_or("", |_| l.options.weight_unit.as_str()))),
        column("dimensions", Every, dimensions).kind(Kind::Json),
        column("seller_url", Every, |l| seller_text(l, |seller| seller.url.as_ref())).demand(address()),
        column("return_policy", Every, |l| seller_text(l, |seller| seller.return_policy.as_ref())).demand(address()),
        column("accepts_returns", Every, |l| {
            let days = l.options.seller.as_ref().and_then(|seller| seller.return_days);
            Cow::Borrowed(days.map_or("", |_| "true"))
        })
        .kind(Kind::Truth),
        column("return_deadline_in_days", Every, |l| {
            let days = l.options.seller.as_ref().and_then(|seller| seller.return_days);
            days.map_or(Cow::Borrowed(""), |days| Cow::Owned(days.to_string()))
        })
        .kind(Kind::Number),
        column("target_countries", Every, |l| {
            let countries = l.options.seller.as_ref().map(|seller| seller.target_countries.join("\n"));
            Cow::Owned(countries.unwrap_or_default())
        })
        .kind(Kind::List)
        .filled(),
        column("store_country", Every, |l| seller_text(l, |seller| seller.country.as_ref())).filled(),
        blank("shipping_price", Every),
    ]
}

fn seller_text<'l>(line: &Line<'l>, of: fn(&crate::options::Seller) -> Option<&String>) -> Cow<'l, str> {
    Cow::Borrowed(line.options.seller.as_ref().and_then(of).map_or("", String::as_str))
}

/// Returns the id of a group of variants, which must differ from the ids of its items.
fn group<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    if !line.is_variant() {
        return Cow::Borrowed("");
    }
    let code = line.listing.item.code();
    let in_use = code.is_empty() || line.listing.variants.iter().any(|variant| variant.code() == code);
    if in_use { Cow::Owned(format!("group-{}", line.listing.item.id.simple())) } else { Cow::Borrowed(code) }
}

fn dimensions<'l>(line: &'l Line<'l>) -> Cow<'l, str> {
    let sides = line.sides();
    // Dimensions need at least two sides.
    if sides.iter().flatten().count() < 2 {
        return Cow::Borrowed("");
    }
    let mut dimensions = serde_json::Map::new();
    for (name, side) in ["length", "width", "height"].into_iter().zip(sides) {
        if let Some(side) = side {
            dimensions.insert(name.to_owned(), side.normalize().to_string().into());
        }
    }
    dimensions.insert("unit".to_owned(), line.options.length_unit.as_str().into());
    Cow::Owned(serde_json::Value::Object(dimensions).to_string())
}

pub(crate) fn table(lines: bool) -> Table {
    let (extension, render) = if lines {
        ("jsonl", Render::JsonLines)
    } else {
        ("csv", Render::Csv { delimiter: b',', mark: false, disarm: Disarm::None, header: true, list: "," })
    };
    Table::new(TableInfo::new("feed", extension).at_most(500_000_000), columns(), render)
}

/// Items of one row each, as Google has them.
pub(crate) struct OpenAi;

impl Shape for OpenAi {
    fn lines(&mut self, listing: &Listing, sheet: &mut Sheet) -> Result<(), LeftOut> {
        items(listing, sheet)
    }
}
