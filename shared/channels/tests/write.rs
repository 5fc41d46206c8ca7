//! Files of every layout, read by independent readers that follow the rules of the platforms and do not know the writers: each
//! reader accepts the file and finds the products that were written. Then our own adapters read them: the values come back
//! unchanged.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(
    unreachable_pub,
    clippy::doc_markdown,
    clippy::type_complexity,
    reason = "readers for these tests alone, which look alike although each was written by itself"
)]
mod accept;
mod listings;

use std::collections::HashMap;

use accept::Seen;
use channels::{
    AmazonTemplate, FieldMapping, FormOptions, Format, Item, Layout, LayoutOptions, LeftOut, Listing, Seller,
};
use listings::{listings, some_listings};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// The files of a layout by their tables, and what was left out.
fn written(
    layout: Layout,
    format: Format,
    options: &LayoutOptions,
    mapping: &[FieldMapping],
    listings: &[Listing],
) -> (Vec<(String, Vec<u8>)>, Vec<LeftOut>) {
    let template = AmazonTemplate::read(V1).unwrap();
    let mut writer = layout.writer(format, &FormOptions::default(), options.clone(), mapping, Some(&template)).unwrap();
    let tables: Vec<String> = writer.tables().map(|info| info.name.to_owned()).collect();
    let mut files: Vec<(String, Vec<u8>)> =
        tables.iter().enumerate().map(|(at, name)| (name.clone(), writer.begin(at))).collect();
    let mut left = Vec::new();
    let mut buffer = Vec::new();
    let mut take = |writer: &mut channels::LayoutWriter, files: &mut Vec<(String, Vec<u8>)>| {
        for (at, (_, file)) in files.iter_mut().enumerate() {
            writer.take(at, &mut buffer);
            file.extend_from_slice(&buffer);
        }
    };
    for listing in listings {
        match writer.write(listing) {
            Ok(written) => left.extend(written.refused.into_iter().map(|(_, why)| why)),
            Err(why) => left.push(why),
        }
        take(&mut writer, &mut files);
    }
    writer.finish().unwrap();
    take(&mut writer, &mut files);
    for (at, (_, file)) in files.iter_mut().enumerate() {
        file.extend(writer.end(at));
    }
    (files, left)
}

fn options() -> LayoutOptions {
    LayoutOptions {
        link: Some("https://shop.example/p/{sku}".into()),
        tax_rules_group: Some(1),
        product_type: Some("SHIRT".into()),
        seller: Some(Seller {
            name: "The shop".into(),
            url: Some("https://shop.example".into()),
            country: Some("FR".into()),
            target_countries: vec!["FR".into(), "US".into()],
            ..Seller::default()
        }),
        attributes: vec![("material".into(), "Material".into())],
        ..LayoutOptions::default()
    }
}

const V1: &str = "TemplateType=fptcustom\tVersion=2021.0625\tThe top 3 rows are for Amazon.com use only.\r\nType\tSKU\tBrand\tAction\tTitle\tCode\tCode type\tPrice\tSale\tQuantity\tImage\tImage 2\tLevel\tParent\tRelation\tTheme\tColor\tSize\tDescription\tKeywords\tWeight\tUnit\r\nfeed_product_type\titem_sku\tbrand_name\tupdate_delete\titem_name\texternal_product_id\texternal_product_id_type\tstandard_price\tsale_price\tquantity\tmain_image_url\tother_image_url1\tparent_child\tparent_sku\trelationship_type\tvariation_theme\tcolor_name\tsize_name\tproduct_description\tgeneric_keywords\titem_weight\titem_weight_unit_of_measure\r\n";

fn by_sku<'s>(seen: &'s [Seen], sku: &str) -> &'s Seen {
    let found = seen.iter().find(|one| one.sku.as_deref() == Some(sku));
    found.unwrap_or_else(|| panic!("{sku} is not among {:?}", seen.iter().map(|one| &one.sku).collect::<Vec<_>>()))
}

/// Returns what is sold of a listing: the variants, else the product.
fn sold(listing: &Listing) -> Vec<&Item> {
    if listing.variants.is_empty() { vec![&listing.item] } else { listing.variants.iter().collect() }
}

fn price(item: &Item, parent: &Item) -> (Option<Decimal>, Option<Decimal>) {
    let of = if item.content.price.is_some() { &item.content } else { &parent.content };
    (of.price, of.compare_at_price.filter(|before| of.price.is_some_and(|price| *before > price)))
}

/// Checks the values that every layout contains.
fn same(seen: &[Seen], listings: &[Listing], prices: bool) {
    for listing in listings {
        for item in sold(listing) {
            let one = by_sku(seen, item.code());
            assert_eq!(one.ean, item.content.ean, "{}", item.code());
            if prices {
                let (now, before) = price(item, &listing.item);
                assert_eq!((one.price, one.regular_price), (now, before), "{}", item.code());
            }
            assert!(!one.is_parent);
        }
    }
}

fn titles(seen: &[Seen], listings: &[Listing]) {
    for listing in listings.iter().filter(|listing| listing.variants.is_empty()) {
        assert_eq!(by_sku(seen, listing.item.code()).title.as_deref(), Some(listing.item.content.title.as_str()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn shopify_takes_both_headers(listings in listings()) {
        for layout in [Layout::Shopify, Layout::Shopify2021] {
            let (files, left) = written(layout, Format::Csv, &options(), &[], &listings);
            prop_assert!(left.is_empty(), "{left:?}");
            let seen = accept::shopify::shopify(&files[0].1).unwrap();
            same(&seen, &listings, true);
            for listing in &listings {
                let first = by_sku(&seen, sold(listing)[0].code());
                if listing.variants.is_empty() {
                    prop_assert_eq!(first.title.as_deref(), Some(listing.item.content.title.as_str()));
                    prop_assert_eq!(first.images.as_slice(), listing.item.images());
                    prop_assert_eq!(first.stock, listing.item.content.stock.map(i64::from));
                    prop_assert_eq!(&first.description, &listing.item.content.description);
                    prop_assert_eq!(first.weight_grams, listing.item.content.weight.map(|weight| weight.grams()));
                }
            }
        }
    }

    #[test]
    fn woocommerce_takes_csv_and_wxr(listings in listings()) {
        let (files, left) = written(Layout::WooCommerce, Format::Csv, &options(), &[], &listings);
        prop_assert!(left.is_empty(), "{left:?}");
        let seen = accept::woocommerce::woocommerce_csv(&files[0].1).unwrap();
        same(&seen, &listings, true);
        titles(&seen, &listings);
        for listing in &listings {
            let one = by_sku(&seen, listing.item.code());
            prop_assert_eq!(&one.description, &listing.item.content.description);
            prop_assert_eq!(one.images.as_slice(), listing.item.images());
            prop_assert_eq!(one.tags.as_slice(), listing.item.content.tags.as_deref().unwrap_or_default());
            prop_assert_eq!(one.is_parent, !listing.variants.is_empty());
        }
        let (files, left) = written(Layout::WooCommerce, Format::Xml, &options(), &[], &listings);
        prop_assert!(left.is_empty(), "{left:?}");
        let seen = accept::wxr::woocommerce_wxr(&files[0].1).unwrap();
        same(&seen, &listings, true);
        titles(&seen, &listings);
    }

    #[test]
    fn prestashop_takes_the_files_of_both_versions(listings in listings()) {
        for (version, name) in [(9, "9.1"), (8, "8.0")] {
            let options = LayoutOptions { version: Some(version), ..options() };
            let (files, left) = written(Layout::PrestaShop, Format::Csv, &options, &[], &listings);
            prop_assert!(left.is_empty(), "{left:?}");
            accept::prestashop::categories(&files[0].1).unwrap();
            let products = accept::prestashop::products(&files[1].1, name).unwrap();
            let combinations = accept::prestashop::combinations(&files[2].1, name).unwrap();
            let seen = accept::prestashop::combine(products, combinations).unwrap();
            same(&seen, &listings, false);
            titles(&seen, &listings);
            for listing in listings.iter().filter(|listing| listing.variants.is_empty()) {
                let one = by_sku(&seen, listing.item.code());
                prop_assert_eq!(one.images.as_slice(), listing.item.images());
                prop_assert_eq!(&one.brand, &listing.item.content.brand);
            }
        }
    }

    #[test]
    fn magento_takes_the_catalogue(listings in listings()) {
        let (files, left) = written(Layout::Magento, Format::Csv, &options(), &[], &listings);
        prop_assert!(left.is_empty(), "{left:?}");
        let seen = accept::magento::magento(&files[0].1).unwrap();
        same(&seen, &listings, true);
        titles(&seen, &listings);
        for listing in &listings {
            prop_assert_eq!(by_sku(&seen, listing.item.code()).images.as_slice(), listing.item.images());
        }
    }

    #[test]
    fn amazon_takes_the_filled_template_and_the_loader(listings in listings()) {
        let (files, left) = written(Layout::Amazon, Format::Txt, &options(), &[], &listings);
        prop_assert!(left.is_empty(), "{left:?}");
        let seen = accept::amazon::amazon_v1(&files[0].1, V1.as_bytes()).unwrap();
        same(&seen, &listings, true);
        let (files, left) = written(Layout::AmazonLoader, Format::Txt, &options(), &[], &listings);
        prop_assert!(left.is_empty(), "{left:?}");
        same(&accept::amazon::amazon_inventory_loader(&files[0].1).unwrap(), &listings, false);
    }

    #[test]
    fn odoo_takes_csv_and_xml(listings in listings()) {
        let (files, left) = written(Layout::Odoo, Format::Csv, &options(), &[], &listings);
        prop_assert!(left.is_empty(), "{left:?}");
        let file = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
        let none = HashMap::new();
        let categories = accept::odoo::odoo_named(file("categories"), "parent_id", &none).unwrap();
        let attributes = accept::odoo::odoo_named(file("attributes"), "", &none).unwrap();
        let mut names = accept::odoo::odoo_named(file("attribute-values"), "attribute_id", &attributes).unwrap();
        names.extend(attributes);
        let templates = accept::odoo::odoo_templates(file("templates"), &names).unwrap();
        prop_assert_eq!(templates.len(), listings.len());
        let known: Vec<&String> = templates.iter().flat_map(|template| &template.categories).flatten().collect();
        prop_assert!(known.iter().all(|name| categories.values().any(|one| one == *name)), "{categories:?}");
        let variants = accept::odoo::odoo_variants(file("variants"), &templates).unwrap();
        prop_assert_eq!(variants.len(), listings.iter().map(|listing| listing.variants.len()).sum::<usize>());
        let simple: Vec<Listing> = listings.iter().filter(|listing| listing.variants.is_empty()).cloned().collect();
        let (files, left) = written(Layout::Odoo, Format::Xml, &options(), &[], &simple);
        prop_assert!(left.is_empty(), "{left:?}");
        let seen = accept::odoo_xml::odoo_xml(&files[0].1).unwrap();
        titles(&seen, &simple);
    }

    #[test]
    fn google_takes_tsv_and_rss(listings in listings()) {
        let (files, left) = written(Layout::Google, Format::Tsv, &options(), &[], &listings);
        prop_assert!(left.is_empty(), "{left:?}");
        let rows = accept::google::google_tsv(&files[0].1).unwrap();
        same(&rows, &listings, true);
        titles(&rows, &listings);
        let (files, _) = written(Layout::Google, Format::Xml, &options(), &[], &listings);
        let items = accept::google::google_rss(&files[0].1).unwrap();
        same(&items, &listings, true);
        titles(&items, &listings);
    }

    #[test]
    fn openai_takes_lines_whose_fields_are_typed(listings in listings()) {
        let (files, left) = written(Layout::OpenAi, Format::Jsonl, &options(), &[], &listings);
        prop_assert!(left.is_empty(), "{left:?}");
        let text = String::from_utf8(files[0].1.clone()).unwrap();
        let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(rows.len(), listings.iter().map(|listing| sold(listing).len()).sum::<usize>());
        for listing in &listings {
            for item in sold(listing) {
                let row = rows.iter().find(|row| row["item_id"] == item.code()).unwrap();
                let (now, before) = price(item, &listing.item);
                let money = |amount: Decimal| format!("{:.2} {}", amount, item.content.currency.as_deref().unwrap_or("EUR"));
                prop_assert_eq!(row["price"].as_str().unwrap(), money(before.or(now).unwrap()));
                prop_assert_eq!(&row["is_eligible_search"], &serde_json::json!(true));
                prop_assert_eq!(&row["target_countries"], &serde_json::json!(["FR", "US"]));
                prop_assert_eq!(row["variant_dict"].is_object(), !listing.variants.is_empty());
                prop_assert!(row["group_id"].is_null() || rows.iter().all(|other| other["item_id"] != row["group_id"]));
                prop_assert!(row.as_object().unwrap().values().all(|value| !value.is_null()));
            }
        }
    }

    #[test]
    fn two_runs_over_the_same_products_are_byte_for_byte_the_same(listings in listings()) {
        for layout in Layout::ALL {
            for format in layout.formats().iter().filter(|format| **format != Format::Xlsx) {
                let one = written(layout, *format, &options(), &[], &listings);
                let other = written(layout, *format, &options(), &[], &listings);
                prop_assert!(one == other, "{layout:?} {format:?}");
            }
        }
    }
}

#[test]
fn what_a_channel_refuses_is_left_out_with_the_reason() {
    let listing = some_listings().remove(0);
    let changed = |change: fn(&mut Item)| {
        let mut listing = listing.clone();
        change(&mut listing.item);
        listing
    };
    let why = |layout: Layout, listing: Listing| {
        let format = layout.formats()[0];
        let (files, left) = written(layout, format, &options(), &[], std::slice::from_ref(&listing));
        let (empty, _) = written(layout, format, &options(), &[], &[]);
        assert!(files == empty, "nothing of a refused product is written");
        assert_eq!(left.len(), 1, "{layout:?}");
        (left[0].code.clone(), left[0].column.clone())
    };
    let pair = |code: &str, column: &str| (code.to_owned(), column.to_owned());
    let priceless = || {
        changed(|item| (item.content.price, item.content.net_price, item.content.compare_at_price) = (None, None, None))
    };
    assert_eq!(why(Layout::Shopify, priceless()), pair("required_missing", "Price"));
    assert_eq!(why(Layout::Google, priceless()), pair("required_missing", "price"));
    assert_eq!(why(Layout::PrestaShop, priceless()), pair("price_missing", "Price tax included"));
    assert_eq!(why(Layout::Magento, priceless()), pair("required_missing", "price"));
    assert_eq!(why(Layout::AmazonLoader, priceless()), pair("price_missing", "price"));
    let long = || changed(|item| item.content.title = "x".repeat(256));
    assert_eq!(why(Layout::Shopify, long()), pair("value_too_long", "Title"));
    assert_eq!(why(Layout::Google, long()), pair("value_too_long", "title"));
    assert_eq!(why(Layout::Amazon, long()), pair("value_too_long", "item_name"));
    assert_eq!(
        why(Layout::PrestaShop, changed(|item| item.content.title = "A = B".into())),
        pair("name_invalid", "Name")
    );
    assert_eq!(
        why(Layout::Google, changed(|item| item.content.ean = Some("2012345678900".into()))),
        pair("gtin_invalid", "gtin")
    );
    assert_eq!(
        why(Layout::Google, changed(|item| item.content.image_urls = None)),
        pair("required_missing", "image_link")
    );
    assert_eq!(
        why(Layout::Amazon, changed(|item| item.content.sku = Some("x".repeat(41)))),
        pair("sku_invalid", "item_sku")
    );
    assert_eq!(
        why(Layout::Magento, changed(|item| item.content.image_urls = Some(vec!["https://cdn.example/é.jpg".into()]))),
        pair("image_address_invalid", "base_image")
    );
    assert_eq!(why(Layout::OpenAi, changed(|item| item.content.brand = None)), pair("required_missing", "brand"));
}

#[test]
fn odd_names_and_codes_are_written_correctly() {
    for axis in ["#", "尺寸", "Ølstørrelse", "ß", " "] {
        let mut listing = some_listings().remove(2);
        listing.item.content.option_axes = vec![axis.to_owned()];
        for variant in &mut listing.variants {
            variant.content.options = [(axis.to_owned(), "é, | = :".to_owned())].into();
            variant.content.sku = Some("电/1".into());
        }
        for layout in Layout::ALL {
            for format in layout.formats() {
                let _ = written(layout, *format, &options(), &[], std::slice::from_ref(&listing));
            }
        }
    }
    // A supplier's category that looks like one of our ids is written as a name.
    let mut listing = some_listings().remove(0);
    (listing.item.categories, listing.item.content.category) = (Vec::new(), Some("category_x".into()));
    let (files, _) = written(Layout::Odoo, Format::Csv, &options(), &[], &[listing]);
    let templates = files.into_iter().find(|(name, _)| name == "templates").unwrap().1;
    assert!(String::from_utf8(templates).unwrap().contains(",category_x,"));
    // The categories of a left-out product are left out too, unless other products are in them.
    let (good, mut bad) = (some_listings().remove(0), some_listings().remove(1));
    bad.item.content.price = Some("-1".parse().unwrap());
    let (files, left) = written(Layout::Odoo, Format::Xml, &options(), &[], &[bad, good]);
    assert_eq!(left.len(), 1);
    accept::odoo_xml::odoo_xml(&files[0].1).unwrap();
    // Two similar codes get different handles, even if they are in different files.
    let coded = |code: &str, number: u128| {
        let mut listing = some_listings().remove(0);
        (listing.item.id, listing.item.content.sku) = (uuid::Uuid::from_u128(number), Some(code.to_owned()));
        let (files, _) = written(Layout::Shopify, Format::Csv, &options(), &[], &[listing]);
        String::from_utf8(files[0].1.clone()).unwrap()
    };
    let handle =
        |file: &str| csv::Reader::from_reader(file.as_bytes()).records().next().unwrap().unwrap()[1].to_owned();
    assert_eq!(handle(&coded("A-1", 1)), "a-1");
    assert_eq!(handle(&coded("A/1", 2)), "a-1-000000000002");
}

#[test]
fn sale_prices_and_prices_of_variants_reach_the_shops() {
    let mut listing = some_listings().remove(2);
    let amount = |text: &str| Some(text.parse::<Decimal>().unwrap());
    let content = &mut listing.item.content;
    (content.price, content.compare_at_price, content.net_price) = (amount("80"), amount("100"), amount("66.666667"));
    content.tax_rate = Some(Decimal::from(20));
    for variant in &mut listing.variants {
        let content = &mut variant.content;
        (content.price, content.compare_at_price, content.net_price, content.tax_rate) =
            (amount("120"), None, None, None);
    }
    let (files, left) = written(Layout::PrestaShop, Format::Csv, &options(), &[], &[listing]);
    assert!(left.is_empty(), "{left:?}");
    let read = |file: &[u8]| -> Vec<HashMap<String, String>> {
        csv::ReaderBuilder::new().delimiter(b';').from_reader(file).deserialize().map(Result::unwrap).collect()
    };
    let product = &read(&files[1].1)[0];
    let net: Decimal = product["Price tax excluded"].parse().unwrap();
    assert_eq!((net.round_dp(2), product["Discount amount"].as_str()), ("83.33".parse().unwrap(), "20.00"));
    let impact: Decimal = read(&files[2].1)[0]["Impact on price"].parse().unwrap();
    assert_eq!((net + impact).round_dp(2), "100".parse().unwrap(), "120 with 20 % is 100 without");
}

#[test]
fn a_mapping_replaces_the_text_of_a_column_before_it_is_checked() {
    let mut listing = some_listings().remove(0);
    listing.item.content.title = "x".repeat(300);
    listing.item.content.brand = Some("Bosch".into());
    listing.item.content.price = Some("10".parse().unwrap());
    listing.item.content.compare_at_price = None;
    let map = |column: &str, expression: &str| FieldMapping {
        column: column.into(),
        expression: Some(expression.into()),
        ..FieldMapping::default()
    };
    let mapping = [
        map("Title", "row.brand ~ \" \" ~ (row.title | truncate(10))"),
        map("Price", "row.price | number * 1.2 | round(2)"),
        FieldMapping { column: "Vendor".into(), value: Some("The shop".into()), ..FieldMapping::default() },
        FieldMapping {
            column: "Fabric (product.metafields.custom.fabric)".into(),
            field: Some("attributes.material".into()),
            ..FieldMapping::default()
        },
    ];
    listing.item.attributes = vec![channels::ItemAttribute {
        code: "material".into(),
        name: "Material".into(),
        values: vec!["Cotton".into()],
    }];
    let (files, left) = written(Layout::Shopify, Format::Csv, &options(), &mapping, &[listing]);
    assert!(left.is_empty(), "{left:?}");
    let seen = accept::shopify::shopify(&files[0].1).unwrap();
    assert_eq!(seen[0].title.as_deref(), Some("Bosch xxxxxxxxxx"));
    assert_eq!((seen[0].price, seen[0].brand.as_deref()), (Some("12".parse().unwrap()), Some("The shop")));
    assert!(seen[0].attributes.iter().any(|(_, value)| value == "Cotton"), "{:?}", seen[0].attributes);
    for (layout, column) in
        [(Layout::Shopify, "No such column"), (Layout::PrestaShop, "Extra"), (Layout::Magento, "Größe")]
    {
        let mapping = [FieldMapping { column: column.into(), value: Some("x".into()), ..FieldMapping::default() }];
        let wrong = layout.writer(Format::Csv, &FormOptions::default(), options(), &mapping, None);
        assert!(wrong.err().unwrap().to_string().contains(column));
    }
}

#[test]
fn a_newer_template_of_amazon_is_filled_by_its_attributes_paths() {
    let head = "settings=feedType=1&contentLanguageTag=fr_FR&dataRow=5\t\t\t\t\t\nhelp\t\t\t\t\t\nSKU\tTitre\tPrix\tQuantité\tImage\tTexte\n\
        contribution_sku#1.value\titem_name[marketplace_id=A13V1IB3VIYZZH][language_tag=fr_FR]#1.value\tpurchasable_offer[marketplace_id=A13V1IB3VIYZZH][audience=ALL]#1.our_price#1.schedule#1.value_with_tax\tfulfillment_availability#1.quantity\tmain_product_image_locator[marketplace_id=A13V1IB3VIYZZH]#1.media_location\tproduct_description[marketplace_id=A13V1IB3VIYZZH][language_tag=fr_FR]#1.value\n";
    let template =
        AmazonTemplate::read(&format!("{head}ABC123\tExample\t1\t1\thttps://x.example/a.jpg\tText\n")).unwrap();
    let mut writer =
        Layout::Amazon.writer(Format::Txt, &FormOptions::default(), options(), &[], Some(&template)).unwrap();
    let mut file = writer.begin(0);
    let simple: Vec<Listing> = some_listings().into_iter().filter(|listing| listing.variants.is_empty()).collect();
    let mut buffer = Vec::new();
    for listing in &simple {
        writer.write(listing).unwrap();
        writer.take(0, &mut buffer);
        file.extend_from_slice(&buffer);
    }
    let seen = accept::amazon::amazon_v2(&file, head.as_bytes()).unwrap();
    assert_eq!(seen.len(), simple.len());
    titles(&seen, &simple);
    let first = by_sku(&seen, simple[0].item.code());
    let (now, before) = price(&simple[0].item, &simple[0].item);
    assert_eq!((first.price, first.stock), (before.or(now), simple[0].item.content.stock.map(i64::from)));
}

#[test]
fn free_files_have_the_chosen_columns_and_disarm_formulas() {
    let mut listing = some_listings().remove(0);
    listing.item.content.title = "=HYPERLINK(\"http://x\")".into();
    listing.item.content.supplier_id = Some(listing.item.id);
    let mapping = [
        FieldMapping::of("sku"),
        FieldMapping { column: "Nom".into(), field: Some("title".into()), ..FieldMapping::default() },
    ];
    let (files, _) = written(Layout::Products, Format::Csv, &options(), &mapping, std::slice::from_ref(&listing));
    let text = String::from_utf8(files[0].1.clone()).unwrap();
    assert_eq!(text, format!("\u{feff}sku;Nom\r\n{};\"'=HYPERLINK(\"\"http://x\"\")\"\r\n", listing.item.code()));
    let mut named = mapping.clone();
    named[1].column = "=cmd()".into();
    let (files, _) = written(Layout::Products, Format::Csv, &options(), &named, &[]);
    assert_eq!(String::from_utf8(files[0].1.clone()).unwrap(), "\u{feff}sku;'=cmd()\r\n", "nor do headers run");
    let (files, _) = written(Layout::Products, Format::Json, &options(), &[], std::slice::from_ref(&listing));
    let read: serde_json::Value = serde_json::from_slice(&files[0].1).unwrap();
    assert_eq!(read[0]["title"], "=HYPERLINK(\"http://x\")", "JSON has no formulas");
    assert!(read[0]["categories"].is_array() && read[0]["supplier"].is_object());
    let (files, _) = written(Layout::Products, Format::Json, &options(), &[], &some_listings());
    let read: Vec<serde_json::Value> = serde_json::from_slice(&files[0].1).unwrap();
    assert_eq!(read.len(), 5, "each product and each variant");
    let (empty, _) = written(Layout::Products, Format::Json, &options(), &[], &[]);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&empty[0].1).unwrap(), serde_json::json!([]));
    let (files, _) = written(Layout::Products, Format::Xml, &options(), &mapping, &[listing]);
    let text = String::from_utf8(files[0].1.clone()).unwrap();
    assert!(text.contains("<Nom>=HYPERLINK(&quot;http://x&quot;)</Nom>"), "{text}");
}
