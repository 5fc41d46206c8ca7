//! Snapshots: what an export reads of a catalogue at one moment.

use db_catalog::{ProductGroup, Snapshot, SnapshotQuery, one_of};

use super::*;

/// Returns the groups, each as the title of its product, with `*` if it is wanted itself, and the titles of its
/// variants.
async fn read(mut snapshot: Snapshot, page: usize) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let groups = snapshot.next(page).await.unwrap();
        if groups.is_empty() {
            return all;
        }
        all.extend(groups.into_iter().map(|ProductGroup { product, wanted, variants }| {
            let variants: String = variants.iter().map(|variant| format!(" {}", variant.content.title)).collect();
            format!("{}{}{variants}", product.content.title, if wanted { "*" } else { "" })
        }));
    }
}

/// Returns what a selection finds. Checks its count, and that pages of every size give the same.
async fn wanted(exports: &CatalogDb, tenant: TenantId, wanted: &SnapshotQuery) -> Vec<String> {
    let snapshot = exports.snapshot(tenant, wanted).await.unwrap();
    let count = snapshot.count();
    assert_eq!(exports.count_wanted(tenant, wanted, 1_000).await.unwrap(), count as i64, "{wanted:?}");
    let all = read(snapshot, 100).await;
    assert_eq!(read(exports.snapshot(tenant, wanted).await.unwrap(), 1).await, all, "page by page: {wanted:?}");
    all
}

/// Creates two simple products, one of them in the trash, and two parents with two variants each. The first parent's
/// second variant is red.
async fn catalogue(test: &Test) -> BTreeMap<String, Product> {
    let mut made = BTreeMap::new();
    for title in ["A", "B", "C"] {
        made.insert(title.to_owned(), test.create(json!({"title": title, "sku": title})).await);
    }
    for parent in ["P", "Q"] {
        let product = test.create(json!({"title": parent, "sku": parent, "option_axes": ["color"]})).await;
        for (at, color) in ["blue", "red"].into_iter().enumerate() {
            let title = format!("{parent}{at}");
            let variant = json!({"title": title, "sku": title, "brand": color, "parent_id": product.id, "options": {"color": color}});
            made.insert(title, test.create(variant).await);
        }
        made.insert(parent.to_owned(), product);
    }
    test.job(Work::Trash(test.select(&[made["C"].id]))).await;
    made
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_snapshot_has_the_wanted_products_and_their_parents(_: PgPoolOptions, options: PgConnectOptions) {
    let exports = as_role(&options, "pm_exports").await;
    let test = Test::new(options).await;
    let made = catalogue(&test).await;
    let (tenant, all) = (test.tenant, SnapshotQuery::default());
    assert_eq!(wanted(&exports, tenant, &all).await, ["A*", "B*", "P* P0 P1", "Q* Q0 Q1"]);

    let filter = |field: &str, value: &str| ProductQuery {
        filter: vec![one_of(field, &[value.to_owned()])],
        ..ProductQuery::default()
    };
    let red = SnapshotQuery { query: filter("brand", "red"), ..SnapshotQuery::default() };
    assert_eq!(wanted(&exports, tenant, &red).await, ["P P1", "Q Q1"], "a parent comes with its variant");
    assert_eq!(exports.count_wanted(tenant, &all, 3).await.unwrap(), 3, "counted up to the limit");

    let picked = |titles: &[&str]| SnapshotQuery {
        ids: Some(titles.iter().map(|title| made[*title].id).collect()),
        ..SnapshotQuery::default()
    };
    assert_eq!(wanted(&exports, tenant, &picked(&["P", "A"])).await, ["A*", "P* P0 P1"], "a parent means its variants");
    assert_eq!(wanted(&exports, tenant, &picked(&["Q1"])).await, ["Q Q1"]);
    assert!(wanted(&exports, tenant, &picked(&["C"])).await.is_empty(), "not from the trash");
    assert!(
        wanted(&exports, tenant, &SnapshotQuery { ids: Some(Vec::new()), ..SnapshotQuery::default() }).await.is_empty()
    );

    let sample = |most: i64| SnapshotQuery { sample: Some(most), ..SnapshotQuery::default() };
    assert_eq!(wanted(&exports, tenant, &sample(3)).await, ["A*", "B*", "P* P0 P1"], "a sample is of whole products");
    let both = SnapshotQuery { sample: Some(1), ..red };
    assert_eq!(wanted(&exports, tenant, &both).await, ["P P1"]);

    let bad = SnapshotQuery { query: filter("colour", "red"), ..SnapshotQuery::default() };
    assert_eq!(exports.count_wanted(tenant, &bad, 1).await.unwrap_err().status(), 422);
    assert_eq!(exports.snapshot(tenant, &bad).await.err().unwrap().status(), 422);
    assert!(wanted(&exports, TenantId(Uuid::now_v7()), &all).await.is_empty(), "another organisation has nothing");
    let others =
        SnapshotQuery { ids: Some(made.values().map(|product| product.id).collect()), ..SnapshotQuery::default() };
    assert!(wanted(&exports, TenantId(Uuid::now_v7()), &others).await.is_empty(), "nor does it get it by its ids");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_snapshot_does_not_change_and_the_next_one_has_what_changed(_: PgPoolOptions, options: PgConnectOptions) {
    let exports = as_role(&options, "pm_exports").await;
    let test = Test::new(options).await;
    let made = catalogue(&test).await;
    let all = SnapshotQuery::default();
    let mut open = exports.snapshot(test.tenant, &all).await.unwrap();
    let watermark = open.watermark();
    assert_eq!(open.next(1).await.unwrap()[0].product.content.title, "A");

    test.patch(&made["B"], json!({"title": "B2"})).await.unwrap();
    test.patch(&made["Q1"], json!({"brand": "green"})).await.unwrap();
    test.create(json!({"title": "D", "sku": "D"})).await;
    assert_eq!(read(open, 2).await, ["B*", "P* P0 P1", "Q* Q0 Q1"], "nothing of what came later");

    // Transactions of other databases can hold the watermark back: then more changes come twice, and none is missed.
    let since = |from: i64| SnapshotQuery { changed_from: Some(from), ..SnapshotQuery::default() };
    let changed = wanted(&exports, test.tenant, &since(watermark)).await;
    for group in ["B2*", "Q* Q0 Q1", "D*"] {
        assert!(changed.iter().any(|one| one == group), "{group} changed: {changed:?}");
    }
    let later = exports.snapshot(test.tenant, &all).await.unwrap().watermark();
    assert!(later >= watermark);
    assert!(wanted(&exports, test.tenant, &since(later + 1_000_000)).await.is_empty());
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_export_may_ask_for_words_and_for_every_field(_: PgPoolOptions, options: PgConnectOptions) {
    let exports = as_role(&options, "pm_exports").await;
    let test = Test::new(options).await;
    let tenant = test.tenant;
    test.create(json!({"title": "Sécateur de jardin", "sku": "S"})).await;
    test.create(json!({"title": "Arrosoir", "sku": "A"})).await;

    let words = ProductQuery { q: Some("secateur".to_owned()), ..ProductQuery::default() };
    let found = wanted(&exports, tenant, &SnapshotQuery { query: words, ..SnapshotQuery::default() }).await;
    assert_eq!(found, ["Sécateur de jardin*"]);
    // Each kind of field reads other columns and tables.
    let fields = "title slug price stock media version id created_at completeness weight height status brand family \
                  supplier_id parent_id category_ids tags missing image trashed kind attributes.color identifiers.x \
                  options.size texts.fr.title completeness.amazon completeness.amazon.fr";
    for field in fields.split_whitespace() {
        let is_kind = ["image", "trashed", "kind"].contains(&field);
        let condition = match is_kind {
            true => Condition::equals(field, "true"),
            false => Condition { field: field.to_owned(), op: Op::Unknown, value: Value::Null },
        };
        let query = ProductQuery { filter: vec![condition], ..ProductQuery::default() };
        let asked = exports.snapshot(tenant, &SnapshotQuery { query, ..SnapshotQuery::default() }).await;
        assert!(asked.is_ok(), "{field}: {:?}", asked.err());
    }
}
