//! Imports our own exports again: whatever a catalogue contains, the preview of each layout's file changes nothing.

use e2e::Tenant;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::exports::{exported, product};

/// How many products; their variants are added to them.
const PRODUCTS: usize = 30;
const SIZES: [&str; 3] = ["S", "M/L", "10"];
const ODD_SIZES: [&str; 3] = ["1,5", "M, L", "1/2\""];
const COLOURS: [&str; 3] = ["Rouge & noir", "Bleu", "青"];

/// Difficult texts: quotes, the special characters of CSV, XML and spreadsheets, other scripts, texts like numbers or
/// lists.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Perceuse", "18 V", "\"pro\"", "l'été", "Größe", "a, b", "x & y", "5 %", "电钻", "No 1", "Ø 10", "Set (3)",
        "1,5", "C:\\D", "100 > 50", "#4", "a;b", "=1", "x | y", "001", "<3", "🙂", "e.g.", "\u{a0}", "A/B", "true",
    ]);
    prop::collection::vec(word, 1..5).prop_map(|words| words.join(" ").trim().to_owned())
}

fn html() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(words().prop_map(|text| text.replace('&', "&amp;").replace('<', "&lt;")), 1..4);
    (lines, any::<bool>()).prop_map(|(lines, marked)| match marked {
        true => lines.iter().map(|line| format!("<p>{line}</p>")).collect::<Vec<_>>().join("\n"),
        false => lines.join("\n").trim().to_owned(),
    })
}

fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Returns a GTIN of a French manufacturer.
fn gtin(number: usize) -> String {
    let body = format!("3{number:011}");
    let digit = |(at, byte): (usize, u8)| u32::from(byte - b'0') * if at % 2 == 1 { 3 } else { 1 };
    let sum: u32 = body.bytes().enumerate().map(digit).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// The fields of a product or a variant. Each may be missing, as in half of all catalogues.
fn said() -> impl Strategy<Value = Value> {
    let texts = (
        words(),
        prop::option::of(html()),
        prop::option::of(words()),
        prop::option::of(words()),
        prop::option::of(words()),
        prop::option::of(words()),
    );
    let path =
        prop::collection::vec(prop::sample::select(vec!["Outillage", "Perceuses & co", "L'été", "18 V", "工具"]), 1..4);
    let tag = prop::sample::select(vec!["promo", "neuf", "été", "5 %", "x & y", "\"q\""]);
    let tags = prop::option::of(prop::collection::btree_set(tag, 1..4));
    let numbers = (
        1_u32..900_000,
        prop::option::of(1_u32..5_000),
        prop::option::of(0_u32..50_000),
        prop::option::of(0_u32..10_000),
        prop::option::of(1_u32..90_000),
    );
    (texts, prop::option::of(path), tags, numbers, 1_usize..4, prop::option::of(prop::sample::select(vec!["g", "kg"])))
        .prop_map(
            |(
                (title, description, short, brand, seo_title, seo),
                path,
                tags,
                (price, sale, cost, stock, weight),
                images,
                unit,
            )| {
                let mut said = json!({ "title": title, "price": money(price), "currency": "EUR", "tax_rate": "20" });
                let mut say = |name: &str, value: Option<Value>| {
                    if let Some(value) = value {
                        said[name] = value;
                    }
                };
                say("description", description.map(Value::from));
                say("short_description", short.map(Value::from));
                say("brand", brand.map(Value::from));
                say("seo_title", seo_title.map(Value::from));
                say("seo_description", seo.map(Value::from));
                say("category", path.map(|path| json!(path.join(" > "))));
                say("tags", tags.map(|tags| json!(tags)));
                say("compare_at_price", sale.map(|more| json!(money(price + more))));
                say("cost_price", cost.map(|cost| json!(money(cost))));
                say("stock", stock.map(Value::from));
                say(
                    "weight",
                    weight.zip(unit).map(|(value, unit)| json!({ "value": value.to_string(), "unit": unit })),
                );
                said["images"] = json!(images);
                said
            },
        )
}

/// Returns the catalogue of a seed: always the same one. The seeds 6 to 11 were tried.
fn catalogue(seed: u8) -> Vec<(Value, Vec<Value>)> {
    let mut runner =
        TestRunner::new_with_rng(ProptestConfig::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let one = (said(), prop::collection::vec(said(), 0..4), any::<bool>());
    let mut products = Vec::new();
    for number in 1..=PRODUCTS {
        let (mut parent, variants, two_axes) = one.new_tree(&mut runner).unwrap().current();
        let named = |said: &mut Value, sku: String, code: usize| {
            let images = said["images"].as_u64().unwrap();
            said.as_object_mut().unwrap().remove("images");
            let address = |at| format!("https://cdn.example/{sku}/{at}.jpg?w=8");
            said["image_urls"] = (1..=images).map(address).collect();
            said["title"] = json!(format!("{} {sku}", said["title"].as_str().unwrap()));
            said["sku"] = json!(sku);
            said["ean"] = json!(gtin(code));
        };
        named(&mut parent, format!("P-{number}"), number * 10);
        let mut made = Vec::new();
        for (at, mut variant) in variants.into_iter().enumerate() {
            named(&mut variant, format!("P-{number}-{at}"), number * 10 + at + 1);
            // PrestaShop and Magento accept no comma here: such products are left out.
            variant["options"] = json!({ "Size": if number % 3 == 0 { ODD_SIZES[at] } else { SIZES[at] } });
            if two_axes {
                variant["options"]["Colour"] = json!(COLOURS[at]);
            }
            made.push(variant);
        }
        if !made.is_empty() {
            parent["option_axes"] = if two_axes { json!(["Size", "Colour"]) } else { json!(["Size"]) };
        }
        products.push((parent, made));
    }
    products
}

#[tokio::test]
async fn our_own_files_are_imported_without_a_change() {
    let mut tenant = Tenant::new("Round trip").await;
    for (parent, variants) in catalogue(6) {
        let parent = product(&mut tenant, parent).await["id"].clone();
        for mut variant in variants {
            variant["parent_id"] = parent.clone();
            product(&mut tenant, variant).await;
        }
    }
    let options = json!({ "link": "https://shop.example/p/{sku}" });
    let mut wrong = Vec::new();
    for (layout, format) in [
        ("products", "csv"),
        ("products", "xlsx"),
        ("products", "json"),
        ("products", "jsonl"),
        ("products", "xml"),
        ("shopify", "csv"),
        ("shopify_2021", "csv"),
        ("woocommerce", "csv"),
        ("woocommerce", "xml"),
        ("prestashop", "csv"),
        ("magento", "csv"),
        ("odoo", "csv"),
        ("google", "tsv"),
        ("google", "xml"),
    ] {
        // WordPress renames the options of variants, Odoo has no code of their parents; in a feed variants have all
        // fields themselves.
        let few = matches!((layout, format), ("woocommerce", "xml") | ("odoo" | "google", _));
        let simple = json!([{ "field": "kind", "op": "equals", "value": "simple" }]);
        let simple = if few { simple } else { json!([]) };
        let spec = json!({ "layout": layout, "format": format, "options": options, "selection": { "filter": simple } });
        let (export, files) = exported(&mut tenant, spec).await;
        let aside = ["left-out", "combinations", "categories", "variants", "attribute"];
        let name = files.keys().find(|name| !aside.iter().any(|part| name.contains(part))).unwrap();
        let import = tenant.send(&files[name], None, json!({ "run": "preview" })).await;
        let seen = tenant.reaches(&import, &["ready", "held", "failed"]).await;
        let changes = tenant.get(&format!("/v1/imports/{import}/preview?limit=200")).await;
        let totals = &seen["totals"];
        let known = totals["unchanged"].as_i64().unwrap() + totals["updated"].as_i64().unwrap();
        // Each product and variant is found; one that two rows match would be skipped. PrestaShop's variants have a
        // separate file.
        let exported = if layout == "prestashop" { 1 } else { export["exported"].as_i64().unwrap() };
        let met = known >= exported && known > 0;
        if totals["created"] != 0 || totals["rejected"] != 0 || !met {
            wrong.push(format!("{layout} {format}: {totals} {} {}", seen["message"], seen["warnings"]));
        }
        // The shop's id and address of a product are new with its own files; they are no data of the seller.
        for row in changes["data"].as_array().unwrap() {
            for (field, change) in row["changes"].as_object().unwrap() {
                // A feed has texts without markup, and the summary where the description is missing.
                let plain =
                    |text: &str| !text.is_empty() && !text.contains(['<', '&', '\u{a0}']) && !text.contains("  ");
                let theirs = match field.as_str() {
                    // Magento lists variants before their parents, as separate products.
                    "slug" | "weight" | "category" => layout == "magento" && change["old"].is_null(),
                    "description" => layout == "google" && !change["old"].as_str().is_some_and(plain),
                    field => field.starts_with("identifiers."),
                };
                if !theirs {
                    wrong.push(format!("{layout} {format}: {} {field}: {change}", row["sku"]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
