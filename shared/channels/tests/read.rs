//! Exports of shops, as their adapters read them.

use channels::{Adapter, Platform, Record, recognise};
use product::Field;

fn cells(line: &str) -> Vec<String> {
    line.split(';').map(str::to_owned).collect()
}

/// The records of a table whose cells are separated by `;`.
fn records(platform: Platform, table: &[&str]) -> Vec<Record> {
    let columns = cells(table[0]);
    assert_eq!(recognise(&columns).map(|found| found.0), Some(platform));
    let (mut adapter, mut records) = (Adapter::new(platform, &columns), Vec::new());
    for (number, line) in (2..).zip(&table[1..]) {
        adapter.push(number, &cells(line), &mut records);
    }
    adapter.finish(&mut records);
    records
}

fn texts<'r>(record: &'r Record, fields: &[Field]) -> Vec<&'r str> {
    fields.iter().map(|field| record.get(*field).unwrap_or_default()).collect()
}

#[test]
fn the_table_of_a_supplier_is_not_recognised_as_a_shops_export() {
    for columns in ["sku;name;model;product_type;list_price;stock", "sku;name;product_type;sale_price;list_price"] {
        assert_eq!(recognise(&cells(columns)), None, "{columns}");
    }
    assert!(recognise(&cells("External ID;Name;Internal Reference;Sales Price")).is_some());
}

#[test]
fn the_first_filled_column_of_a_field_counts() {
    let feed = records(
        Platform::Google,
        &[
            "g:id;g:title;g:price;g:sale_price;g:link;g:google_product_category;g:product_type",
            "A;One;10.00 EUR;;https://s/a;Tools;",
            "B;Two;10.00 EUR;8.00 EUR;https://s/b;Tools;Drills",
        ],
    );
    let fields = [Field::Price, Field::CompareAtPrice, Field::Category];
    assert_eq!(texts(&feed[0], &fields), ["10.00 EUR", "", "Tools"]);
    assert_eq!(texts(&feed[1], &fields), ["8.00 EUR", "10.00 EUR", "Drills"]);
    let shop = records(
        Platform::Shopify,
        &[
            "Handle;Title;Type;Product Category;Vendor;Variant SKU;Variant Price;Published;Option1 Name;Option1 Value",
            "a;One;;Hardware > Tools;V;A;1;true;Title;Default Title",
        ],
    );
    assert_eq!(texts(&shop[0], &[Field::Category]), ["Hardware > Tools"]);
}

#[test]
fn an_escaped_comma_in_a_woocommerce_list_belongs_to_its_part() {
    let shop = records(
        Platform::WooCommerce,
        &[
            "ID;Type;SKU;GTIN, UPC, EAN, or ISBN;Name;Published;Regular price;Categories;Images;Parent;Attribute 1 name;Attribute 1 value(s);In stock?;Tax status",
            "7;simple;A;;One;1;5;Bits\\, sets, Tools;https://c/w_8\\,h_6/a.jpg, https://c/b.jpg;;;;1;taxable",
            "44;variable;;4006381333931;Shirt;1;;;;;Size;S, M;1;taxable",
            "45;variation;;;Shirt - S;1;9;;;id:44;Size;10\\, 5;1;taxable",
        ],
    );
    assert_eq!(
        texts(&shop[0], &[Field::Category, Field::ImageUrls]),
        ["Bits, sets", "https://c/w_8,h_6/a.jpg\nhttps://c/b.jpg"]
    );
    let parent = shop.iter().find(|record| record.number == 3).unwrap();
    let variant = shop.iter().find(|record| record.number == 4).unwrap();
    assert_eq!(texts(parent, &[Field::Sku, Field::Ean, Field::Option1Name]), ["woo-44", "4006381333931", "Size"]);
    assert_eq!(texts(variant, &[Field::Parent, Field::Option1Name, Field::Option1Value]), ["woo-44", "Size", "10, 5"]);
}

#[test]
fn a_shopify_product_is_identified_by_its_variants_and_counts_their_images() {
    let shop = records(
        Platform::Shopify,
        &[
            "Handle;Title;Vendor;Variant SKU;Variant Price;Published;Option1 Name;Option1 Value;Image Src;Image Position;Variant Image",
            "shirt;Shirt;V;S-1;9;true;Size;S;https://c/front;1;https://c/s",
            "shirt;;;S-2;9;;;M;https://c/back;2;https://c/m",
            "shirt;;;;;;;;https://c/s;3;",
            "shirt;;;;;;;;https://c/m;4;",
            "cap;Cap;V;C-1;5;true;Size;S;https://c/cap;1;https://c/cap",
            "cap;;;C-2;5;;;M;;;",
        ],
    );
    let siblings = |sku: &str| {
        let record = shop.iter().find(|record| record.get(Field::Sku) == Some(sku)).unwrap();
        &record.shown.as_ref().unwrap().skus
    };
    assert_eq!(
        (siblings("shirt"), siblings("S-2"), siblings("cap")),
        (
            &vec!["S-1".to_owned(), "S-2".to_owned()],
            &vec!["S-1".to_owned(), "S-2".to_owned()],
            &vec!["C-1".to_owned(), "C-2".to_owned()],
        )
    );
    assert_eq!(texts(&shop[0], &[Field::ImageUrls]), ["https://c/front\nhttps://c/back\nhttps://c/s\nhttps://c/m"]);
    assert_eq!(shop[0].shown.as_ref().unwrap().images, 2);
}

#[test]
fn a_prestashop_product_with_a_discount_has_both_discounted_prices() {
    let shop = records(
        Platform::PrestaShop,
        &[
            "Product ID;Active (0/1);Name;Reference;Price tax excluded;Price tax included;Discount amount;Discount percent",
            "1;1;Cap;A;100;120;24;",
            "2;1;Hat;B;100;120;;50",
            "3;1;Tie;C;100;120;;",
        ],
    );
    let prices = [Field::Price, Field::NetPrice, Field::CompareAtPrice];
    assert_eq!(texts(&shop[0], &prices), ["96", "80", "120"]);
    assert_eq!(texts(&shop[1], &prices), ["60", "50", "120"]);
    assert_eq!(texts(&shop[2], &prices), ["120", "100", ""]);
}

fn attributes(record: &Record) -> Vec<(&str, &str)> {
    record.attributes.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

#[test]
fn further_attributes_are_read_without_the_axes() {
    let shop = records(
        Platform::WooCommerce,
        &[
            "ID;Type;SKU;Name;Regular price;In stock?;Parent;Tax status;Attribute 1 name;Attribute 1 value(s);Attribute 2 name;Attribute 2 value(s)",
            "1;simple;A;Cap;5;1;;taxable;Material;Cotton, Wool;Empty;",
            "2;variable;B;Shirt;;1;;taxable;Size;S, M;Material;Linen",
            "3;variation;B-S;Shirt S;9;1;B;taxable;Size;S;;",
        ],
    );
    assert_eq!(attributes(&shop[0]), [("Material", "Cotton, Wool")]);
    assert_eq!(attributes(&shop[1]), [("Material", "Linen")]);
    assert_eq!((shop[2].get(Field::Option1Value), attributes(&shop[2]).len()), (Some("S"), 0));

    let shop = records(
        Platform::Magento,
        &[
            "sku;attribute_set_code;product_type;product_websites;name;price;additional_attributes",
            "A;Default;simple;base;Cap;5;color=Red,ean=4006381333931,manufacturer=Acme,note=one, two",
        ],
    );
    assert_eq!(attributes(&shop[0]), [("color", "Red"), ("note", "one, two")]);
    assert_eq!(texts(&shop[0], &[Field::Ean, Field::Brand]), ["4006381333931", "Acme"]);

    let shop = records(
        Platform::PrestaShop,
        &[
            "Product ID;Active (0/1);Name;Reference #;Reference;Price tax excluded;URL rewritten;Feature(Name:Value:Position)",
            "1;1;Cap;x;A;5;cap;Material:Cotton:1,Material:Wool,Care:Wash:2:1,odd",
        ],
    );
    assert_eq!(attributes(&shop[0]), [("Material", "Cotton, Wool"), ("Care", "Wash")]);
}
