//! Whose a value is, what changed, in which order, and for how long that is kept.

use super::*;

#[sqlx::test(migrator = "MIGRATOR")]
async fn sources_keep_what_is_theirs(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let (import, _) = test.import(&[("1", "From A", "10")], Some(a)).await;
    let rules = CatalogRules {
        language: Some("fr".into()),
        source_priority: BTreeMap::from([("price".to_owned(), vec![format!("supplier:{a}"), "supplier".to_owned()])]),
        lock_on_edit: true,
        history_months: None,
    };
    test.db.set_catalog_rules(test.tenant, &rules, &test.stamp()).await.unwrap();
    assert_eq!(test.db.catalog_rules(test.tenant).await.unwrap(), rules);
    let (_, outcome) = test.import(&[("1", "From B", "9")], Some(b)).await;
    assert_eq!((outcome.updated, outcome.issues[0].error.code.as_str()), (1, "field_kept"));
    let product = test
        .db
        .find_products(test.tenant, &ProductQuery::default(), &PageQuery::default(), false)
        .await
        .unwrap()
        .data
        .remove(0);
    assert_eq!(
        (product.content.title.as_str(), product.content.price.unwrap().to_string()),
        ("From B", "10".to_owned()),
        "A's price, B's title"
    );

    // An edit by hand locks what it changes.
    let edited = test.patch(&product, json!({"title": "By hand"})).await.unwrap();
    assert_eq!(edited.locked, ["title"]);
    let (_, outcome) = test.import(&[("1", "From A again", "11")], Some(a)).await;
    assert!(outcome.issues[0].error.message.contains("title (locked"), "{outcome:?}");
    let product = test.db.product(test.tenant, product.id).await.unwrap();
    assert_eq!(
        (product.content.title.as_str(), product.content.price.unwrap().to_string()),
        ("By hand", "11".to_owned())
    );
    let provenance = test.db.product_provenance(test.tenant, product.id).await.unwrap();
    let of = |field: &str| provenance.iter().find(|one| one.field == field).unwrap();
    assert_eq!((of("title").source.as_deref(), of("title").locked), (Some("user"), true));
    assert_eq!(of("price").set_by.as_ref().unwrap().row, Some(2), "which file, which row");
    assert_eq!(of("sku").set_by.as_ref().unwrap().job_id, Some(import));
    let key = Origin { source: "key:1".into(), ..test.origin.clone() };
    let change = |product: &Product| Ok(Content { title: "By key".into(), ..product.content.clone() });
    let kept = test
        .db
        .edit_product(test.tenant, product.id, &IfMatch::Any, Action::Update, &key, &test.stamp(), change)
        .await
        .unwrap_err();
    assert_eq!(kept.status(), 422);
    test.db.lock_fields(test.tenant, product.id, &[], &test.stamp()).await.unwrap();
    test.db
        .edit_product(test.tenant, product.id, &IfMatch::Any, Action::Update, &key, &test.stamp(), change)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn changes_are_read_in_order_and_none_is_missed(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let first = test.create(json!({"title": "First", "sku": "1"})).await;
    let start = test.changes(None, 10).await;
    assert_eq!((start.data.len(), start.more), (1, false));
    // A transaction that began earlier and ends later must not be jumped over.
    let mut slow = test.owner.begin().await.unwrap();
    slow.execute("set local role pm_catalog").await.unwrap();
    slow.execute(AssertSqlSafe(format!("set local app.tenant_id = '{}'", test.tenant))).await.unwrap();
    slow.execute(AssertSqlSafe(format!("update products set title = 'Slow' where product_id = '{}'", first.id)))
        .await
        .unwrap();
    test.create(json!({"title": "Second", "sku": "2"})).await;
    let early = test.db.changes_since(test.tenant, Some(&start.cursor), 10).await.unwrap();
    assert!(early.data.is_empty(), "the second waits for the slow one: {:?}", early.data);
    slow.commit().await.unwrap();
    let mut late = test.changes(Some(&early.cursor), 1).await;
    // The second may need a moment more.
    for _ in 0..1_200 {
        if late.more {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        late = test.changes(Some(&early.cursor), 1).await;
    }
    assert_eq!((late.data[0].product.as_ref().unwrap().content.title.as_str(), late.more), ("Slow", true));
    let last = test.changes(Some(&late.cursor), 1).await;
    assert_eq!((last.data[0].product.as_ref().unwrap().content.title.as_str(), last.more), ("Second", false));
    assert!(test.db.changes_since(test.tenant, Some(&last.cursor), 10).await.unwrap().data.is_empty());
    let other = TenantId(Uuid::now_v7());
    assert!(test.db.changes_since(other, None, 10).await.unwrap().data.is_empty());
    let future = runtime::Cursor::Text(format!("{}.{}", i64::MAX, Uuid::nil())).encode();
    assert_eq!(test.db.changes_since(test.tenant, Some(&future), 10).await.unwrap_err().code(), "cursor_expired");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn history_is_kept_by_months(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let product = test.create(json!({"title": "One", "sku": "1"})).await;
    test.patch(&product, json!({"title": "Two"})).await.unwrap();
    let now = OffsetDateTime::now_utc();
    assert_eq!(test.db.tend_history(now).await.unwrap(), 0, "this month and the next two are there");
    assert_eq!(test.db.tend_history(now + Duration::days(31)).await.unwrap(), 1);
    // Filled partitions stay, empty ones of the past go.
    let later = now + Duration::days(400);
    test.db.tend_history(later).await.unwrap();
    assert_eq!(test.db.product_history(test.tenant, product.id, None, 10).await.unwrap().data.len(), 2);
    assert_eq!(test.db.forget_history(test.tenant, later, 100).await.unwrap(), 2);
    assert!(test.db.tend_history(later).await.unwrap() >= 1, "now it is empty");
    assert!(test.db.product_history(test.tenant, product.id, None, 10).await.unwrap().data.is_empty());
}
