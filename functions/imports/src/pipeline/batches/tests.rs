//! Tests which rows are in one batch, and which rows a later row replaces.

use mapping::ColumnMapping;

use super::*;

fn read(text: &str) -> Result<(ParsedFile, Vec<i32>), (&'static str, String)> {
    let mut sizes = Vec::new();
    let mut options = ImportOptions::default();
    options.limits.csv = 6;
    let parsed = read_file(text.as_bytes(), &options, Limits { batch_rows: 2 }, |batch| sizes.push(batch.rows))?;
    Ok((parsed, sizes))
}

#[test]
fn cuts_a_file_into_batches() {
    let (parsed, sizes) = read("sku,title\n1,a\n2,b\n\n3,c\n").unwrap();
    assert_eq!((parsed.rows, parsed.batches, sizes), (3, 2, vec![2, 1]));
    assert!(parsed.superseded.is_empty());
    assert_eq!(read("sku,title\n").unwrap().0, ParsedFile::default());
}

#[test]
fn the_last_valid_row_of_a_code_replaces_the_earlier_ones() {
    let (parsed, _) = read(
        "sku,ean,title,price\n\
         1,4006381333931,first,1\n\
         2,,other,1\n\
         1,,second,1\n\
         3,4006381333931,third,1\n\
         2,,broken,-5\n",
    )
    .unwrap();
    // Row 4 replaces row 2 (same SKU), which is listed only once. Row 3 stays, because row 6 is not valid.
    assert_eq!(parsed.superseded, BTreeMap::from([(0, vec![(2, 4)])]));
}

#[test]
fn a_row_that_breaks_a_rule_replaces_no_other_row() {
    let rules = serde_json::json!([{"field": "price", "check": "range", "max": "100"}]);
    let options = ImportOptions { rules: serde_json::from_value(rules).unwrap(), ..ImportOptions::default() };
    let text = "sku,title,price\n1,good,10\n1,dear,500\n2,first,10\n2,second,20\n";
    let parsed = read_file(text.as_bytes(), &options, Limits { batch_rows: 10 }, |_| {}).unwrap();
    assert_eq!(parsed.superseded, BTreeMap::from([(0, vec![(4, 5)])]));
}

#[test]
fn says_why_a_file_is_refused() {
    let (code, message) = read("colour,size\nred,4\n").unwrap_err();
    assert_eq!(code, "columns_missing");
    assert!(
        message.contains("a title") && message.contains("an EAN or a SKU") && message.contains("\"colour\", \"size\""),
        "{message}"
    );
    let (code, _) = read("sku,title\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n7,g\n").unwrap_err();
    assert_eq!(code, "too_many_rows");
    assert_eq!(read("sku,title\n1,\"a\n").unwrap_err().0, "file_unclosed_quote");
}

#[test]
fn a_moved_or_renamed_column_is_only_a_warning() {
    let mapping = vec![
        ColumnMapping::to_field("Code article", Field::Sku),
        ColumnMapping::to_field("Désignation", Field::Title),
        ColumnMapping::to_field("Prix TTC", Field::Price),
        ColumnMapping::to_field("Remarque", Field::ShortDescription),
    ];
    let options = ImportOptions { mapping: Some(mapping), ..ImportOptions::default() };
    let text = "Prix public;designation;CODE ARTICLE;Poids\n1,5;Vis;A1;3\n";
    let file = open_file(text.as_bytes(), &options, |_| None).unwrap();
    let fields: Vec<Option<Field>> = file.layout.columns.iter().map(|column| column.field).collect();
    assert_eq!(fields, [Some(Field::Price), Some(Field::Title), Some(Field::Sku), None]);
    let warnings: Vec<&str> = file.warnings.iter().map(|warning| warning.message.english()).collect();
    assert!(warnings.iter().any(|message| message.contains("\"Prix TTC\" is gone; \"Prix public\"")), "{warnings:?}");
    assert!(warnings.iter().any(|message| message.contains("\"Remarque\" is gone")), "{warnings:?}");
    assert!(warnings.iter().any(|message| message.contains("\"Poids\"")), "{warnings:?}");
}

#[test]
fn variants_wait_for_their_parents() {
    let text = "sku,title,parent,option1_name,option1_value\nA-1,,A,Size,S\nA,Shirt,,Size,\nB,Cap,,,\n";
    let mut batches = Vec::new();
    let parsed = read_file(text.as_bytes(), &ImportOptions::default(), Limits { batch_rows: 10 }, |batch| {
        batches.push((batch.number, batch.phase, batch.rows));
    })
    .unwrap();
    assert_eq!(parsed.rows, 3);
    batches.sort_unstable();
    assert_eq!(batches, [(0, 1, 1), (1, 0, 2)]);
}

#[test]
fn a_row_that_cannot_create_a_product_comes_after_the_one_that_does() {
    let text = "sku,title,price\nA,,3\nA,Drill,10\nA,,4\nB,Saw,5\n";
    let mut batches = Vec::new();
    let parsed = read_file(text.as_bytes(), &ImportOptions::default(), Limits { batch_rows: 10 }, |batch| {
        batches.push((batch.phase, batch.rows));
    })
    .unwrap();
    batches.sort_unstable();
    assert_eq!(batches, [(0, 3), (1, 1)]);
    assert_eq!(parsed.superseded, BTreeMap::from([(0, vec![(2, 3)])]), "row 4 replaces no other row");
    let text = "sku,title,price\nA,T,10\nA,,5\nA,T,10\n";
    let parsed = read_file(text.as_bytes(), &ImportOptions::default(), Limits { batch_rows: 10 }, |_| {}).unwrap();
    assert_eq!(parsed.superseded, BTreeMap::from([(0, vec![(2, 4)]), (1, vec![(3, 4)])]), "row 4 is the last");
}

#[test]
fn the_results_of_expressions_decide_the_batch_of_a_row() {
    let computed = |field, transform: &str| ColumnMapping {
        column: String::new(),
        field: Some(field),
        transform: Some(transform.to_owned()),
        ..ColumnMapping::default()
    };
    let mapping = vec![
        ColumnMapping::to_field("code", Field::Sku),
        ColumnMapping::to_field("name", Field::Title),
        ColumnMapping::to_field("size", Field::Option1Value),
        computed(Field::Option1Name, "'Size' if row['size'] else ''"),
        computed(Field::Parent, "(row['code'] | split('-'))[0]"),
    ];
    let options = ImportOptions { mapping: Some(mapping), ..ImportOptions::default() };
    let mut batches = Vec::new();
    read_file("code;name;size\nA-1;Small;S\nA;Shirt;\n".as_bytes(), &options, Limits { batch_rows: 10 }, |batch| {
        batches.push((batch.phase, batch.rows));
    })
    .unwrap();
    batches.sort_unstable();
    assert_eq!(batches, [(0, 1), (1, 1)]);
}

#[test]
fn columns_are_recognised_by_their_exact_names_and_may_come_late() {
    let mapping = vec![
        ColumnMapping { column: "Price £".to_owned(), ..ColumnMapping::default() },
        ColumnMapping::to_field("Price €", Field::Price),
        ColumnMapping::to_field("sku", Field::Sku),
    ];
    let options = ImportOptions { mapping: Some(mapping), ..ImportOptions::default() };
    let file = open_file("sku;Price £;Price €\nA;8;10\n".as_bytes(), &options, |_| None).unwrap();
    let fields: Vec<Option<Field>> = file.layout.columns.iter().map(|column| column.field).collect();
    assert_eq!(fields, [Some(Field::Sku), None, Some(Field::Price)]);

    // A feed that renamed its price: it is reported, the new column is used, and the feed is recognised by its own
    // columns.
    let mapping = ["sku", "title", "prix", "note"].into_iter().zip([
        Field::Sku,
        Field::Title,
        Field::Price,
        Field::ShortDescription,
    ]);
    let mapping: Vec<ColumnMapping> = mapping.map(|(column, field)| ColumnMapping::to_field(column, field)).collect();
    let options = ImportOptions { mapping: Some(mapping), blank: mapping::Blank::Clear, ..ImportOptions::default() };
    let feed = r#"[{"sku": "A", "title": "One", "price": 5}, {"sku": "B", "title": "Two", "price": 6}]"#;
    let file = open_file(feed.as_bytes(), &options, |_| None).unwrap();
    assert_eq!(
        file.columns_hash,
        open_file(feed.as_bytes(), &ImportOptions::default(), |_| None).unwrap().columns_hash
    );
    let warnings: Vec<&str> = file.warnings.iter().map(|warning| warning.message.english()).collect();
    assert!(
        warnings[0].contains("\"price\" is used instead") && warnings[1].contains("\"note\" is gone"),
        "{warnings:?}"
    );
    let note = file.header.columns.iter().find(|column| column.name == "note").unwrap();
    assert_eq!(note.blank, mapping::Blank::Leave, "a column that does not exist clears nothing");
}

#[test]
fn a_shops_attributes_get_our_codes_and_are_reported() {
    let file = "sku;attribute_set_code;product_type;product_websites;name;price;additional_attributes\n\
                A;Default;simple;base;Cap;5;\"Matière=Laine,色=red,care=\"\"a, b\"\"\"\n";
    let mut bytes = Vec::new();
    let parsed =
        read_file(file.as_bytes(), &ImportOptions::default(), Limits { batch_rows: 10 }, |batch| bytes = batch.bytes)
            .unwrap();
    assert_eq!(parsed.warnings.len(), 1);
    assert!(parsed.warnings[0].message.english().contains("care, matière, 色"), "{:?}", parsed.warnings);
    let mut batch = crate::pipeline::batch_file::BatchReader::open(&bytes[..]).unwrap();
    let rules = batch.header().rules.clone();
    let (_, crate::pipeline::batch_file::RowContent::Cells(cells)) = batch.read().unwrap().unwrap() else {
        panic!("cells")
    };
    let row = validate(&cells, &rules).unwrap();
    let texts: Vec<(&str, Option<&str>)> =
        row.attributes.iter().map(|(code, text)| (code.as_str(), text.as_deref())).collect();
    assert_eq!(texts, [("matiere", Some("Laine")), ("care", Some("a, b"))]);
    assert_eq!(batch.attributes["matiere"], "matière");
}

#[test]
fn a_typed_number_is_read_the_same_whatever_mark_the_texts_use() {
    let json = r#"[{"sku": "1.234", "title": "A", "price": "12,50", "weight": 1.234, "stock": 5}]"#;
    let mut bytes = Vec::new();
    read_file(json.as_bytes(), &ImportOptions::default(), Limits { batch_rows: 10 }, |batch| bytes = batch.bytes)
        .unwrap();
    let mut batch = crate::pipeline::batch_file::BatchReader::open(&bytes[..]).unwrap();
    let rules = batch.header().rules.clone();
    let (_, crate::pipeline::batch_file::RowContent::Cells(cells)) = batch.read().unwrap().unwrap() else {
        panic!("cells")
    };
    let row = validate(&cells, &rules).unwrap();
    assert_eq!(row.sku.as_ref().map(product::Sku::as_str), Some("1.234"));
    assert_eq!([row.price, row.weight_grams].map(|number| number.unwrap().normalize().to_string()), ["12.5", "1234"]);
}
