//! Lists, conditions, words, pages.

use super::*;

#[sqlx::test(migrator = "MIGRATOR")]
async fn every_kind_of_condition_finds_what_it_says(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let stamp = test.stamp();
    let attribute = |json: Value| serde_json::from_value::<Attribute>(json).unwrap();
    for (code, definition) in [
        (
            "color",
            json!({"name": "Colour", "kind": "select", "options": [{"code": "red", "name": "Red"}, {"code": "blue", "name": "Blue"}]}),
        ),
        (
            "materials",
            json!({"name": "Materials", "kind": "multi_select", "options": [{"code": "wood", "name": "Wood"}, {"code": "steel", "name": "Steel"}]}),
        ),
        ("size", json!({"name": "Size", "kind": "number", "measure": "length", "unit": "cm"})),
        ("note", json!({"name": "Note", "kind": "text"})),
    ] {
        test.db.put_attribute(test.tenant, code, &attribute(definition), &stamp).await.unwrap();
    }
    let none = BTreeMap::new();
    let tools = test.db.create_category(test.tenant, None, "Tools", &none, 0, &stamp).await.unwrap();
    let drills = test.db.create_category(test.tenant, Some(tools.id), "Drills", &none, 0, &stamp).await.unwrap();
    test.create(json!({"title": "A", "sku": "1", "brand": "Bosch", "price": "10", "stock": 3, "tags": ["New", "Sale"], "category_ids": [drills.id],
        "attributes": {"color": "red", "materials": ["wood", "steel"], "size": {"amount": "1", "unit": "m"}}, "status": "active", "image_urls": ["https://a/1"],
        "identifiers": {"shopify.handle": "a"}, "texts": {"fr": {"title": "Á"}}, "weight": {"value": "1", "unit": "kg"}})).await;
    test.create(json!({"title": "B", "sku": "2", "ean": "96385074", "brand": "BOSCH", "price": "20.5", "tags": [], "attributes": {"color": "blue", "size": 50, "note": ""}, "description": "100% oak_wood"})).await;
    test.create(json!({"title": "C", "sku": "3", "brand": "", "stock": 0})).await;

    for (field, op, value, expected) in [
        ("brand", Op::Equals, json!("bosch"), "AB"),
        ("brand", Op::NotEquals, json!("bosch"), "C"),
        ("brand", Op::Empty, Value::Null, "C"),
        ("brand", Op::Filled, Value::Null, "AB"),
        ("brand", Op::Contains, json!("OS"), "AB"),
        ("sku", Op::In, json!(["1", "3"]), "AC"),
        ("ean", Op::Equals, json!("0096385074"), "B"),
        ("price", Op::Between, json!([10, "20.5"]), "AB"),
        ("price", Op::AtLeast, json!("10.01"), "B"),
        ("price", Op::Unknown, Value::Null, "C"),
        ("stock", Op::Equals, json!(0), "C"),
        ("stock", Op::NotIn, json!([3]), "BC"),
        ("weight", Op::AtMost, json!(1000), "A"),
        ("tags", Op::Equals, json!("new"), "A"),
        ("tags", Op::Empty, Value::Null, "B"),
        ("tags", Op::Unknown, Value::Null, "C"),
        ("category_ids", Op::Equals, json!(tools.id), "A"),
        ("category_ids", Op::NotIn, json!([tools.id]), "BC"),
        ("status", Op::Equals, json!("active"), "A"),
        ("image", Op::Equals, json!(true), "A"),
        ("attributes.color", Op::In, json!(["red", "blue"]), "AB"),
        ("attributes.color", Op::NotEquals, json!("red"), "BC"),
        ("attributes.materials", Op::Equals, json!("steel"), "A"),
        ("attributes.size", Op::AtLeast, json!({"amount": "0.6", "unit": "m"}), "A"),
        ("attributes.size", Op::Equals, json!({"amount": "500", "unit": "mm"}), "B"),
        ("attributes.note", Op::Empty, Value::Null, "B"),
        ("attributes.note", Op::Unknown, Value::Null, "AC"),
        ("identifiers.shopify.handle", Op::Equals, json!("a"), "A"),
        ("texts.fr.title", Op::Filled, Value::Null, "A"),
        ("description", Op::Contains, json!("100% oak_"), "B"),
        ("description", Op::Contains, json!("100_ oak"), ""),
        ("missing", Op::Equals, json!("price"), "C"),
        ("completeness", Op::AtLeast, json!(0), "ABC"),
        ("updated_at", Op::AtLeast, json!("2020-01-01T00:00:00Z"), "ABC"),
        ("title", Op::StartsWith, json!("a"), "A"),
    ] {
        assert_eq!(test.where_(field, op, value.clone()).await.concat(), expected, "{field} {op:?} {value}");
    }
    for (field, op, value) in [
        ("colour", Op::Equals, json!(1)),
        ("price", Op::Equals, json!("cheap")),
        ("price", Op::Contains, json!("1")),
        ("price", Op::Between, json!([1])),
        ("status", Op::Equals, json!("sold")),
        ("image", Op::AtLeast, json!(1)),
        ("price", Op::AtLeast, json!("1e400")),
        ("attributes.'; drop table products; --", Op::AtLeast, json!({"unit": "'"})),
    ] {
        let query =
            ProductQuery { filter: vec![Condition { field: field.into(), op, value }], ..ProductQuery::default() };
        let refused = test.db.find_products(test.tenant, &query, &PageQuery::default(), false).await.unwrap_err();
        assert_eq!(refused.status(), 422, "{field}: {refused}");
    }
    // Quotes in a key are no way out of it.
    assert!(test.where_("attributes.it's", Op::Equals, json!("x")).await.is_empty());
    assert!(test.where_("identifiers.it's", Op::Contains, json!("x")).await.is_empty());

    // A move keeps the subtree together; a merge moves products.
    let garden = test.db.create_category(test.tenant, None, "Garden", &none, 0, &stamp).await.unwrap();
    let moved = CategoryChange { parent_id: Some(Some(garden.id)), ..CategoryChange::default() };
    let moved = test.db.change_category(test.tenant, tools.id, &moved, &stamp).await.unwrap();
    assert_eq!(moved.path, [garden.id, tools.id]);
    assert_eq!(test.db.category(test.tenant, drills.id).await.unwrap().path, [garden.id, tools.id, drills.id]);
    let below = CategoryChange { parent_id: Some(Some(drills.id)), ..CategoryChange::default() };
    assert_eq!(test.db.change_category(test.tenant, garden.id, &below, &stamp).await.unwrap_err().status(), 422);
    assert_eq!(test.db.delete_category(test.tenant, garden.id, &stamp).await.unwrap_err().code(), "has_children");
    test.db.merge_category(test.tenant, drills.id, garden.id, &stamp).await.unwrap();
    assert_eq!(test.where_("category_ids", Op::Equals, json!(garden.id)).await, ["A"]);
    assert_eq!(
        test.db.categories(test.tenant).await.unwrap().iter().map(|one| one.products).collect::<Vec<_>>(),
        [1, 0]
    );
    // What products use cannot be deleted.
    let narrower =
        attribute(json!({"name": "Colour", "kind": "select", "options": [{"code": "blue", "name": "Blue"}]}));
    assert_eq!(
        test.db.put_attribute(test.tenant, "color", &narrower, &stamp).await.unwrap_err().code(),
        "option_in_use"
    );
    assert_eq!(test.db.delete_attribute(test.tenant, "color", &stamp).await.unwrap_err().code(), "attribute_in_use");
    let statistics = test.db.catalog_statistics(test.tenant, stamp.at).await.unwrap();
    assert_eq!(
        (
            statistics.products,
            statistics.by_status["draft"],
            statistics.by_category[0].products,
            statistics.without["image"]
        ),
        (3, 2, 1, 2)
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn words_are_found_whatever_their_accents_endings_and_slips(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let rules = CatalogRules {
        language: Some("fr".into()),
        source_priority: BTreeMap::new(),
        lock_on_edit: false,
        history_months: None,
    };
    test.db.set_catalog_rules(test.tenant, &rules, &test.stamp()).await.unwrap();
    test.create(json!({"title": "Perceuse à percussion", "sku": "PX-100", "brand": "Métabo", "description": "<b>Très</b> légère"})).await;
    test.create(json!({"title": "Écharpe en laine", "sku": "E-1", "ean": "4006381333931"})).await;
    test.create(json!({"title": "Support pour perceuses PX-100", "sku": "S-1"})).await;
    let search = |text: &str| ProductQuery { q: Some(text.to_owned()), ..ProductQuery::default() };
    let found = |text: &str| {
        let query = search(text);
        let test = &test;
        async move { test.db.find_products(test.tenant, &query, &PageQuery::default(), true).await.unwrap() }
    };
    for (text, first, count) in [
        ("perceuse", "Perceuse à percussion", 2),
        ("PERCEUSES", "Perceuse à percussion", 2),
        ("echarpe", "Écharpe en laine", 1),
        ("écharpes de laines", "Écharpe en laine", 1),
        ("metabo", "Perceuse à percussion", 1),
        ("legere", "Perceuse à percussion", 1),
        ("perc", "Perceuse à percussion", 2),
        ("PX-100", "Perceuse à percussion", 2),
        ("4006381333931", "Écharpe en laine", 1),
        ("4006381 333931", "Écharpe en laine", 1),
    ] {
        let page = found(text).await;
        let titles: Vec<&str> = page.data.iter().map(|product| product.content.title.as_str()).collect();
        assert!(titles.contains(&first) && titles.len() == count, "{text}: {titles:?}");
        if text == "PX-100" {
            assert_eq!(titles[0], first, "the exact code is first");
        }
    }
    let slip = found("perceusse").await;
    assert_eq!(
        (slip.data.len(), slip.corrected["perceusse"].as_slice()),
        (2, ["perceuse".to_owned(), "perceuses".to_owned()].as_slice())
    );
    for nothing in ["tondeuse", "perceuse laine", "!!", "' | !", "🦀"] {
        assert!(found(nothing).await.data.is_empty(), "{nothing}");
    }
    let sorted = ProductQuery { sort: Some(Sort::Price), ..search("perceuse") };
    assert_eq!(
        test.db.find_products(test.tenant, &sorted, &PageQuery::default(), false).await.unwrap_err().status(),
        422
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn pages_show_each_product_once_in_every_order(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    for n in 0..23 {
        let price = if n % 4 == 0 { Value::Null } else { json!((n % 3).to_string()) };
        test.create(json!({"title": format!("T{}", n % 5), "sku": n.to_string(), "price": price, "stock": if n % 2 == 0 { Value::Null } else { json!(n) }})).await;
    }
    for sort in [Sort::CreatedAt, Sort::UpdatedAt, Sort::Title, Sort::Price, Sort::Stock, Sort::Completeness] {
        for descending in [false, true] {
            let query = ProductQuery { sort: Some(sort), descending, ..ProductQuery::default() };
            let (mut cursor, mut seen, mut prices) = (None, Vec::new(), Vec::new());
            loop {
                let page = test
                    .db
                    .find_products(test.tenant, &query, &PageQuery { limit: Some(4), cursor }, false)
                    .await
                    .unwrap();
                prices.extend(page.data.iter().map(|product| product.content.price));
                seen.extend(page.data.into_iter().map(|product| product.id));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            let all: std::collections::HashSet<_> = seen.iter().collect();
            assert_eq!((seen.len(), all.len()), (23, 23), "{sort:?} {descending}");
            if sort == Sort::Price {
                let known: Vec<_> = prices.iter().take_while(|price| price.is_some()).collect();
                assert_eq!(known.len(), 17, "what is not known is last");
                assert!(if descending { known.is_sorted_by(|a, b| a >= b) } else { known.is_sorted() });
            }
        }
    }
    let foreign = PageQuery { limit: None, cursor: Some(runtime::Cursor::Text("x".into()).encode()) };
    assert_eq!(
        test.db.find_products(test.tenant, &ProductQuery::default(), &foreign, false).await.unwrap_err().status(),
        400
    );
}
