//! Jobs on many products: what they change, what they leave, and how they are undone.

use super::*;

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_bulk_edit_is_previewed_done_and_undone_per_field(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let supplier = Uuid::now_v7();
    test.import(&[("1", "One", "10"), ("2", "Two", "20"), ("3", "Three", "30")], Some(supplier)).await;
    let ids: Vec<Uuid> = {
        let page = test
            .db
            .find_products(
                test.tenant,
                &ProductQuery { sort: Some(Sort::Price), ..ProductQuery::default() },
                &PageQuery::default(),
                false,
            )
            .await
            .unwrap();
        page.data.into_iter().map(|product| product.id).collect()
    };
    let raise = edits(
        json!([{"field": "price", "action": "increase_percent", "value": 10}, {"field": "tags", "action": "add", "value": "raised"}]),
    );
    let preview = test.db.preview_edit(test.tenant, &test.select(&ids), &raise, 2).await.unwrap();
    assert_eq!((preview.total, preview.sample.len(), &preview.sample[0].changes["price"].new), (3, 2, &json!("11")));
    assert!(test.where_("tags", Op::Equals, json!("raised")).await.is_empty(), "a preview writes nothing");

    let before = test.db.product(test.tenant, ids[1]).await.unwrap();
    let query = ProductQuery {
        filter: vec![Condition { field: "price".into(), op: Op::AtMost, value: json!(20) }],
        ..ProductQuery::default()
    };
    let job = test.job(Work::Edit(Selection { ids: None, query: Some(query) }, raise)).await;
    assert_eq!((job.total, job.changed, job.failed), (2, 2, 0), "22 is not raised again");
    // Somebody works on one of them meanwhile.
    let one = test.db.product(test.tenant, ids[0]).await.unwrap();
    test.patch(&one, json!({"price": "12"})).await.unwrap();
    let undo = test.job(Work::Undo(job.id)).await;
    assert_eq!((undo.changed, undo.kept), (2, 1));
    let (one, two) =
        (test.db.product(test.tenant, ids[0]).await.unwrap(), test.db.product(test.tenant, ids[1]).await.unwrap());
    assert_eq!(
        (one.content.price.unwrap().to_string(), one.content.tags),
        ("12".into(), None),
        "the price was edited since, the tag was not"
    );
    assert_eq!(
        (&two.content, &two.owners),
        (&before.content, &before.owners),
        "as if nothing had happened, its owner too"
    );
    let again = test.db.begin_job(test.tenant, &Work::Undo(job.id), None, &test.stamp()).await.unwrap_err();
    assert_eq!(again.code(), "already_undone");

    let trash = test.job(Work::Trash(test.select(&ids))).await;
    assert!(test.find(&ProductQuery::default()).await.is_empty());
    test.job(Work::Undo(trash.id)).await;
    assert_eq!(test.find(&ProductQuery::default()).await.len(), 3);
    let same = |key| {
        let (test, work) = (&test, Work::Trash(test.select(&ids)));
        async move { test.db.begin_job(test.tenant, &work, Some(key), &test.stamp()).await.unwrap().id }
    };
    assert_eq!(same("k").await, same("k").await, "a repeated request begins nothing anew");
    let wrong = Work::Edit(test.select(&ids), edits(json!([{"field": "sku", "action": "set", "value": "x"}])));
    assert_eq!(test.db.begin_job(test.tenant, &wrong, None, &test.stamp()).await.unwrap_err().status(), 422);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_job_changes_only_what_its_query_finds(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let stamp = test.stamp();
    let rules = CatalogRules {
        language: Some("fr".into()),
        source_priority: BTreeMap::new(),
        lock_on_edit: false,
        history_months: None,
    };
    test.db.set_catalog_rules(test.tenant, &rules, &stamp).await.unwrap();
    let parent = test.create(json!({"title": "Shirt", "option_axes": ["size"]})).await;
    let variant =
        test.create(json!({"title": "Shirt", "sku": "S", "parent_id": parent.id, "options": {"size": "S"}})).await;
    for nothing in ["les", "!!"] {
        let query = ProductQuery { q: Some(nothing.into()), ..ProductQuery::default() };
        assert_eq!(test.job(Work::Trash(Selection { ids: None, query: Some(query) })).await.total, 0, "{nothing}");
    }
    // A parent takes its variants along, and is deleted with all of them or not at all.
    let trash = test.job(Work::Trash(test.select(&[parent.id]))).await;
    assert_eq!(trash.changed, 2);
    let alone = test.job(Work::Restore(test.select(&[variant.id]))).await;
    assert_eq!((alone.changed, alone.problems[0].code.as_str()), (0, "parent_in_trash"));
    let stay = test.db.trash_product(test.tenant, variant.id, false, &test.origin, &stamp).await.unwrap_err();
    assert_eq!(stay.code(), "parent_in_trash");
    assert_eq!(test.job(Work::Purge(test.select(&[parent.id]))).await.changed, 2);
    assert_eq!(test.db.product(test.tenant, variant.id).await.unwrap_err().status(), 404);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_undo_leaves_what_it_cannot_restore_and_keeps_locks(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let stamp = test.stamp();
    let category = test.db.create_category(test.tenant, None, "Gone", &BTreeMap::new(), 0, &stamp).await.unwrap();
    let product = test.create(json!({"title": "One", "sku": "1", "category_ids": [category.id], "price": "1"})).await;
    test.db.lock_fields(test.tenant, product.id, &["price".to_owned()], &stamp).await.unwrap();
    let change = edits(json!([{"field": "category_ids", "action": "remove", "value": category.id}]));
    let emptied = test.job(Work::Edit(test.select(&[product.id]), change)).await;
    let raised = test
        .job(Work::Edit(test.select(&[product.id]), edits(json!([{"field": "price", "action": "set", "value": "2"}]))))
        .await;
    test.db.delete_category(test.tenant, category.id, &stamp).await.unwrap();
    let undo = test.job(Work::Undo(emptied.id)).await;
    assert_eq!((undo.changed, undo.kept, undo.problems[0].code.as_str()), (0, 1, "category_unknown"));
    test.job(Work::Undo(raised.id)).await;
    let product = test.db.product(test.tenant, product.id).await.unwrap();
    assert_eq!(
        (product.content.price.unwrap().to_string(), product.locked.as_slice()),
        ("1".into(), ["price".to_owned()].as_slice())
    );

    // Locks hold for an API key in a job too.
    let cx = test.cx.clone().with_caller(runtime::Caller {
        tenant: test.tenant,
        actor: runtime::Actor::Key { id: Uuid::now_v7(), name: "ERP".into() },
        permissions: runtime::PermissionSet::default(),
        two_factor_missing: false,
        settings_version: 0,
    });
    let work =
        Work::Edit(test.select(&[product.id]), edits(json!([{"field": "price", "action": "set", "value": "3"}])));
    let job = test.db.begin_job(test.tenant, &work, Some("k"), &Stamp::of(&cx).unwrap()).await.unwrap();
    while test.db.job_step(test.tenant, job.id, stamp.at).await.unwrap() {}
    let job = test.db.catalog_job(test.tenant, job.id).await.unwrap();
    assert_eq!((job.changed, job.problems[0].code.as_str()), (0, "field_kept"));
    let other = Work::Trash(test.select(&[product.id]));
    let reused = test.db.begin_job(test.tenant, &other, Some("k"), &stamp).await.unwrap_err();
    assert_eq!(reused.code(), "idempotency_key_reused");

    // Prices share one currency: a file that may not change one of them changes none of them.
    let batch = |rows: Vec<BatchRow>| Batch { rows, ..Batch::new(Uuid::now_v7(), Uuid::now_v7()) };
    let mut cells = Cells::default();
    for (field, text) in [(Field::Sku, "1"), (Field::Title, "One"), (Field::CostPrice, "5"), (Field::Currency, "USD")] {
        cells.set(field, text.to_owned());
    }
    let product = test.patch(&product, json!({"currency": "EUR"})).await.unwrap();
    let row = BatchRow { number: 2, product: validate(&cells, &RowRules::default()).unwrap() };
    let outcome = test.imports.apply(test.tenant, &batch(vec![row]), stamp.at).await.unwrap();
    let after = test.db.product(test.tenant, product.id).await.unwrap();
    assert_eq!(
        (outcome.unchanged, outcome.issues[0].error.code.as_str(), after.content.cost_price),
        (1, "field_kept", None)
    );

    // With a smaller plan existing products can still be changed, but none can be created.
    test.db.set_product_quota(test.tenant, Some(0)).await.unwrap();
    let (_, outcome) = test.import(&[("1", "One!", "1"), ("2", "Two", "1")], None).await;
    assert_eq!((outcome.updated, outcome.rejected), (1, 1), "{outcome:?}");
}
