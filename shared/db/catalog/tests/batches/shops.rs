//! Files of shops: values that they repeat in every row, and the codes by which they name a parent.

use product::ShownVariants;

use super::*;

/// Returns a row of a shop's file, whose parent is named by the shop's own code.
fn of_shop(number: i32, pairs: &[(Field, &str)]) -> BatchRow {
    let mut row = row_of(number, pairs);
    row.product.shown = Some(ShownVariants { skus: vec!["gone".into(), "S".into()], images: 0 });
    row
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn repeated_values_of_a_product_are_no_change(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let parent = [
        (Field::Sku, "SHIRT/1"),
        (Field::Title, "Shirt"),
        (Field::Option1Name, "Size"),
        (Field::Brand, "Old"),
        (Field::Price, "100"),
        (Field::CompareAtPrice, "120"),
    ];
    let variant = |sku: &'static str| {
        vec![
            (Field::Sku, sku),
            (Field::Title, "Shirt"),
            (Field::Parent, "SHIRT/1"),
            (Field::Option1Name, "Size"),
            (Field::Option1Value, sku),
        ]
    };
    let simple = [(Field::Sku, "CAP"), (Field::Title, "Cap"), (Field::Price, "120"), (Field::TaxRate, "20")];
    let images = (Field::ImageUrls, "https://c/1\nhttps://c/2");
    let products = Batch {
        rows: vec![row_of(2, &[&parent[..], &[(Field::Weight, "2")]].concat()), row_of(3, &simple)],
        ..Batch::new(Uuid::now_v7(), Uuid::now_v7())
    };
    db.apply(tenant, &products, NOW).await.unwrap();
    let rows = vec![row_of(4, &[&variant("S")[..], &[images]].concat()), row_of(5, &variant("M"))];
    let made = Batch { rows, variants: true, ..Batch::new(Uuid::now_v7(), Uuid::now_v7()) };
    assert_eq!(db.apply(tenant, &made, NOW).await.unwrap().created, 2);

    let import = Uuid::now_v7();
    let shop = |number, variants, rows| Batch {
        number,
        variants,
        rows,
        one_image: true,
        ..Batch::new(Uuid::now_v7(), import)
    };
    let variant = |sku: &'static str, more: &[(Field, &'static str)]| {
        let pairs =
            [(Field::Sku, sku), (Field::Parent, "shirt-1"), (Field::Option1Name, "Size"), (Field::Option1Value, sku)];
        [&pairs[..], more].concat()
    };
    let parents = || {
        let shirt =
            [(Field::Sku, "shirt-1"), (Field::Title, "Shirt"), (Field::Option1Name, "Size"), (Field::Brand, "New")];
        let net = [(Field::Sku, "CAP"), (Field::NetPrice, "100")];
        let other = [(Field::Sku, "CAP2"), (Field::Title, "Cap 2"), (Field::NetPrice, "100")];
        shop(0, false, vec![of_shop(2, &shirt), row_of(3, &net), row_of(4, &other)])
    };
    let variants = || {
        let same = [
            (Field::Price, "100"),
            (Field::CompareAtPrice, "120"),
            (Field::Weight, "2"),
            (Field::Brand, "New"),
            (Field::ImageUrls, "https://c/1"),
        ];
        let own = [
            (Field::Price, "80"),
            (Field::CompareAtPrice, "120"),
            (Field::Weight, "3"),
            (Field::ImageUrls, "https://c/9"),
        ];
        let new = [(Field::Title, "Shirt"), (Field::Brand, "New")];
        shop(
            1,
            true,
            vec![of_shop(5, &variant("S", &same)), of_shop(6, &variant("M", &own)), of_shop(7, &variant("L", &new))],
        )
    };
    let mut previewed = Vec::new();
    for batch in [parents(), variants()] {
        previewed.extend(fates(&db.preview(tenant, &batch, NOW).await.unwrap().1));
    }
    let results: Vec<String> = previewed
        .iter()
        .map(|(row, action, sku, changes)| format!("{row} {action} {} {changes}", sku.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(results[0], "2 updated SHIRT/1 brand: \"Old\" -> \"New\"", "known by its variant, and keeps its code");
    assert_eq!(results[1], "3 unchanged CAP ", "120 with 20 % is 100 without");
    assert!(results[2].starts_with("4 created CAP2"), "{}", results[2]);
    assert_eq!(results[3], "5 unchanged S ", "inherited, and the first of its images");
    assert!(results[4].starts_with("6 updated M compare_at_price: null -> \"120\"; currency: null -> \"EUR\"; image_urls: null -> [\"https://c/9\"]; price: null -> \"80\"; weight"), "{}", results[4]);
    assert!(results[5].starts_with("7 created L brand: null -> \"New\""), "{}", results[5]);
    let mut committed = Vec::new();
    for batch in [parents(), variants()] {
        committed.extend(fates(&db.apply_traced(tenant, &batch, NOW).await.unwrap().1));
    }
    assert_eq!(committed, previewed);
    let all = all(&db, tenant).await;
    let parent = all.iter().find(|product| product.content.sku.as_deref() == Some("SHIRT/1")).unwrap();
    let variants = all.iter().filter(|product| product.content.parent_id == Some(parent.id)).count();
    assert_eq!((all.len(), variants), (6, 3), "no second parent");

    // A variant that moves to another product keeps the values of its row, whatever the old parent had. A product for
    // which the shop uses another code is another product.
    let new = [(Field::Sku, "polo"), (Field::Title, "Polo"), (Field::Option1Name, "Size"), (Field::Brand, "Third")];
    let polo = |number, pairs: &[(Field, &str)]| {
        let mut row = of_shop(number, pairs);
        row.product.identifiers = vec![("shopify.handle".to_owned(), "polo".to_owned())];
        row
    };
    let mut shirt = of_shop(2, &[(Field::Sku, "shirt-1"), (Field::Title, "Shirt")]);
    shirt.product.identifiers = vec![("shopify.handle".to_owned(), "shirt-1".to_owned())];
    db.apply(tenant, &shop(2, false, vec![shirt]), NOW).await.unwrap();
    let import = shop(3, false, vec![polo(2, &new)]);
    assert_eq!(db.apply(tenant, &import, NOW).await.unwrap().created, 1, "no second name for the shirt");
    let moved = [
        (Field::Sku, "S"),
        (Field::Parent, "polo"),
        (Field::Option1Name, "Size"),
        (Field::Option1Value, "S"),
        (Field::Brand, "New"),
    ];
    let results = fates(&db.apply_traced(tenant, &shop(4, true, vec![of_shop(3, &moved)]), NOW).await.unwrap().1);
    assert_eq!(results[0].3, "brand: null -> \"New\"; parent_id", "it would inherit Third");
}
