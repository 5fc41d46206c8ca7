//! Listings for the tests of layouts: typical values of sellers, and values that are difficult in files.

use std::collections::BTreeMap;

use channels::{Item, ItemAttribute, Listing};
use product::{Content, Currency, Weight, WeightUnit};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Texts with quotes, special characters of CSV and XML, accents, other scripts.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Perceuse", "18 V", "\"pro\"", "l'été", "Größe", "a, b", "x & y", "5 %", "电钻", "été", "No 1", "Ø 10",
        "Set (3)", "-20", "+1",
    ]);
    prop::collection::vec(word, 1..5).prop_map(|words| words.join(" "))
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(words(), 1..4).prop_map(|lines| lines.join("\n"))
}

fn gtin(number: u64) -> String {
    // The code of a maker in France (GS1 prefix 300 to 379).
    let body = format!("3{:011}", number % 100_000_000_000);
    let sum: u32 =
        body.bytes().enumerate().map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 1 { 3 } else { 1 }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

type Facts = (String, Option<String>, u32, u32, Option<i32>, u8, bool);

fn facts() -> impl Strategy<Value = Facts> {
    (words(), prop::option::of(text()), 1_u32..500_000, 0_u32..3, prop::option::of(0..500), 1_u8..4, any::<bool>())
}

fn content((title, description, cents, sale, stock, images, tagged): Facts, number: u64) -> Content {
    let price = Decimal::new(i64::from(cents), 2).normalize();
    Content {
        title: format!("{title} {number}"),
        sku: Some(format!("SKU-{number}")),
        ean: Some(gtin(number * 7_919)),
        short_description: Some("In short".into()),
        description: description.or(Some("A text".into())),
        brand: Some("Bosch & Söhne".into()),
        price: Some(price),
        tax_rate: Some(Decimal::from(20)),
        compare_at_price: (sale == 2).then(|| price + Decimal::ONE),
        cost_price: Some(Decimal::new(i64::from(cents / 2), 2).normalize()),
        currency: Some(String::from(Currency::parse("EUR").unwrap())),
        stock,
        weight: Some(Weight { value: Decimal::from(cents % 5_000 + 1), unit: WeightUnit::Gram }),
        image_urls: Some((1..=images).map(|at| format!("https://cdn.example/{number}/{at}.jpg")).collect()),
        tags: tagged.then(|| vec!["new".into(), "outlet".into()]),
        seo_title: tagged.then(|| "Seen by engines".into()),
        ..Content::default()
    }
}

fn item(content: Content, number: u64) -> Item {
    Item {
        id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number)),
        content,
        categories: vec![vec!["Outillage".into(), "Perceuses & co".into()]],
        supplier: Some("L'Atelier".into()),
        attributes: vec![ItemAttribute {
            code: "material".into(),
            name: "Material".into(),
            values: vec!["Steel".into()],
        }],
    }
}

fn listing(number: u64, facts: Facts, variants: Vec<Facts>) -> Listing {
    let mut product = item(content(facts, number), number);
    if variants.is_empty() {
        return Listing { item: product, variants: Vec::new() };
    }
    product.content.option_axes = vec!["Size".into(), "Color".into()];
    product.content.ean = None;
    product.content.stock = None;
    let parent = product.id;
    let made = variants.into_iter().enumerate().map(|(at, facts)| {
        let own = number * 1_000 + 1 + at as u64;
        let mut variant = item(content(facts, own), own);
        variant.content.parent_id = Some(parent);
        variant.content.options = BTreeMap::from([
            ("Size".to_owned(), ["S", "M", "L", "XL"][at].to_owned()),
            ("Color".to_owned(), "Red".to_owned()),
        ]);
        variant
    });
    Listing { variants: made.collect(), item: product }
}

/// Some products, some of them with variants.
pub(crate) fn listings() -> impl Strategy<Value = Vec<Listing>> {
    let one = (facts(), prop::collection::vec(facts(), 0..4));
    prop::collection::vec(one, 1..6).prop_map(|all| {
        all.into_iter().enumerate().map(|(at, (facts, variants))| listing(at as u64 + 1, facts, variants)).collect()
    })
}

/// Returns the same listings each time: two products, and one with variants.
pub(crate) fn some_listings() -> Vec<Listing> {
    let facts = || facts().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    vec![listing(1, facts(), Vec::new()), listing(2, facts(), Vec::new()), listing(3, facts(), vec![facts(), facts()])]
}
