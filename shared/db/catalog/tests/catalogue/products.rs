//! Single products: create, patch, trash, variants, completeness, views.

use super::*;

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_product_is_created_patched_and_its_history_listed(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let made = test.create(json!({"title": "Drill", "sku": "D-1", "ean": "4006381333931", "price": "19.90", "description": "", "texts": {"fr": {"title": "Perceuse"}},
        "weight": {"value": "2", "unit": "lb"}, "dimensions": {"length": "10", "unit": "in"}, "tags": ["New"], "status": "active"})).await;
    let read = test.db.product(test.tenant, made.id).await.unwrap();
    assert_eq!(read.content, made.content, "what is stored is what was said");
    assert_eq!((read.version, read.content.description.as_deref(), read.content.brand.as_deref()), (1, Some(""), None));

    let patched = test.patch(&made, json!({"price": "21", "brand": "Bosch", "description": null})).await.unwrap();
    assert_eq!((patched.version, patched.content.description.as_deref()), (2, None));
    assert_eq!(test.db.product(test.tenant, made.id).await.unwrap(), patched);
    let late = test.patch(&made, json!({"price": "1"})).await.unwrap_err();
    assert_eq!((late.status(), late.code()), (412, "version_changed"));

    let history = test.db.product_history(test.tenant, made.id, None, 10).await.unwrap().data;
    assert_eq!(history.iter().map(|change| change.action.as_str()).collect::<Vec<_>>(), ["updated", "created"]);
    assert_eq!(history[0].changes["price"].old, json!("19.9"));
    assert_eq!(
        (&history[1].changes["price"].new, &history[1].changes["description"].new),
        (&json!("19.9"), &json!("")),
        "derived from later changes"
    );
    assert!(!history[1].changes.contains_key("brand"));

    let taken = test.refuse(json!({"title": "Other", "ean": "04006381333931", "sku": "D-2"})).await;
    assert_eq!((taken.status(), taken.code()), (409, "ean_taken"));
    assert!(taken.to_string().contains("Drill"), "{taken}");
    let wrong = test.refuse(json!({"title": "", "price": "-1", "family": "none", "category_ids": [Uuid::nil()], "attributes": {"color": "red"}})).await;
    let Error::Invalid(errors) = wrong else { panic!("{wrong}") };
    for field in ["title", "sku", "price", "family", "category_ids", "attributes.color"] {
        assert!(errors.iter().any(|error| error.field == field), "{field}: {errors:?}");
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn variants_belong_to_their_parent(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let parent = test.create(json!({"title": "Shirt", "option_axes": ["size", "color"]})).await;
    let variant = |sku: &str, size: &str| json!({"title": "Shirt", "sku": sku, "parent_id": parent.id, "options": {"size": size, "color": "red"}});
    let small = test.create(variant("S", "S")).await;
    assert_eq!(test.refuse(variant("S2", "S")).await.code(), "variant_exists");
    for wrong in [
        json!({"title": "x", "sku": "1", "parent_id": parent.id, "options": {"size": "M"}}),
        json!({"title": "x", "sku": "1", "parent_id": small.id, "options": {"size": "M", "color": "red"}}),
        json!({"title": "x", "sku": "1", "parent_id": Uuid::nil(), "options": {}}),
    ] {
        assert_eq!(test.refuse(wrong).await.status(), 422);
    }
    assert_eq!(
        test.patch(&parent, json!({"option_axes": ["size"]})).await.unwrap_err().status(),
        422,
        "it has variants"
    );
    assert_eq!(test.where_("parent_id", Op::Equals, json!(parent.id)).await.len(), 1);
    assert_eq!(test.where_("kind", Op::Equals, json!("parent")).await, ["Shirt"]);

    let stamp = test.stamp();
    test.db.trash_product(test.tenant, parent.id, true, &test.origin, &stamp).await.unwrap();
    assert!(test.db.product(test.tenant, small.id).await.unwrap().trashed_at.is_some(), "the variants go with it");
    assert!(test.find(&ProductQuery::default()).await.is_empty());
    test.db.delete_product(test.tenant, parent.id, &stamp).await.unwrap();
    assert_eq!(test.db.product(test.tenant, small.id).await.unwrap_err().status(), 404);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_trash_keeps_products_for_thirty_days_and_their_codes_stay_taken(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let test = Test::new(options).await;
    let product = test.create(json!({"title": "Drill", "sku": "D-1", "status": "inactive"})).await;
    let stamp = test.stamp();
    assert_eq!(test.db.delete_product(test.tenant, product.id, &stamp).await.unwrap_err().code(), "not_in_trash");
    test.db.trash_product(test.tenant, product.id, true, &test.origin, &stamp).await.unwrap();
    assert!(test.refuse(json!({"title": "x", "sku": "D-1"})).await.to_string().contains("in the trash"));
    let (_, outcome) = test.import(&[("D-1", "Drill 2", "1")], None).await;
    assert_eq!(
        (outcome.skipped, outcome.issues[0].error.code.as_str()),
        (1, "in_trash"),
        "a file does not fetch it back"
    );
    let restored = test.db.trash_product(test.tenant, product.id, false, &test.origin, &stamp).await.unwrap();
    assert_eq!(restored.content.status.as_str(), "inactive", "with the status that it had");

    test.db.trash_product(test.tenant, product.id, true, &test.origin, &stamp).await.unwrap();
    let purge = |before| test.db.purge_trash(test.tenant, before, 10);
    assert_eq!(purge(stamp.at - Duration::days(30)).await.unwrap(), 0);
    assert_eq!(purge(stamp.at + Duration::minutes(1)).await.unwrap(), 1);
    let gone = test.changes(None, 10).await.data;
    assert_eq!((gone[0].change, gone[0].sku.as_deref()), ("deleted", Some("D-1")));
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_quota_stops_new_products_and_nothing_is_half_written(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    test.db.set_product_quota(test.tenant, Some(2)).await.unwrap();
    let one = test.create(json!({"title": "One", "sku": "1"})).await;
    let (_, outcome) = test.import(&[("1", "One!", "1"), ("2", "Two", "1"), ("3", "Three", "1")], None).await;
    assert_eq!((outcome.updated, outcome.created, outcome.rejected), (1, 1, 1));
    assert_eq!(outcome.issues[0].error.code, "quota_exceeded");
    let full = test.refuse(json!({"title": "Four", "sku": "4"})).await;
    assert_eq!((full.status(), full.code()), (403, "quota_exceeded"));
    assert!(full.to_string().starts_with("Quota exceeded"));
    // Archiving makes room; coming back needs it.
    let one =
        test.patch(&test.db.product(test.tenant, one.id).await.unwrap(), json!({"status": "archived"})).await.unwrap();
    test.create(json!({"title": "Four", "sku": "4"})).await;
    assert_eq!(test.patch(&one, json!({"status": "active"})).await.unwrap_err().code(), "quota_exceeded");
    let job = test
        .job(Work::Edit(
            test.select(&[one.id]),
            edits(json!([{"field": "status", "action": "set", "value": "active"}])),
        ))
        .await;
    assert_eq!((job.changed, job.failed, job.problems[0].code.as_str()), (0, 1, "quota_exceeded"));
    assert_eq!(test.db.catalog_use(test.tenant).await.unwrap().products, 2);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn completeness_follows_rules_and_families(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let stamp = test.stamp();
    let color = serde_json::from_value(json!({"name": "Colour", "kind": "text"})).unwrap();
    test.db.put_attribute(test.tenant, "color", &color, &stamp).await.unwrap();
    let required = vec![FamilyAttribute { code: "color".into(), required_in: vec!["amazon".into()] }];
    let family = Family { code: "tools".into(), name: "Tools".into(), attributes: required.into() };
    test.db.put_family(test.tenant, &family, &stamp).await.unwrap();
    let product = test.create(json!({"title": "Drill", "sku": "1", "price": "1", "family": "tools", "texts": {"fr": {"title": "Perceuse"}}})).await;
    assert_eq!((product.completeness, product.grade), (18, "F"));
    let rule = |name: &str| Requirement { criterion: name.to_owned(), weight: 10, required: true };
    let rules = [rule("title"), rule("description")];
    test.db.set_completeness_rules(test.tenant, "amazon", Some("fr"), Some(&rules), &stamp).await.unwrap();
    test.db
        .set_completeness_rules(test.tenant, "default", None, Some(&[rule("price"), rule("stock")]), &stamp)
        .await
        .unwrap();
    test.job(Work::Assess).await;
    let scopes = test.db.product_completeness(test.tenant, product.id).await.unwrap();
    assert_eq!(
        (scopes[0].completeness.score, scopes[0].completeness.missing.as_slice()),
        (50, ["stock".to_owned()].as_slice())
    );
    let amazon = &scopes[1].completeness;
    assert_eq!(
        (amazon.score, amazon.missing_required.as_slice()),
        (50, ["description".to_owned(), "attributes.color".to_owned()].as_slice())
    );
    let read = test.db.product(test.tenant, product.id).await.unwrap();
    assert_eq!((read.completeness, read.version), (50, 1), "assessing is no change of the product");
    assert_eq!(test.where_("completeness.amazon.fr", Op::AtLeast, json!(50)).await, ["Drill"]);
    assert!(test.where_("completeness.amazon", Op::AtLeast, json!(0)).await.is_empty());
    // A change of the product moves its scores with it.
    test.patch(&read, json!({"texts": {"fr": {"description": "Forte"}}, "attributes": {"color": "red"}}))
        .await
        .unwrap();
    assert_eq!(test.db.product_completeness(test.tenant, product.id).await.unwrap()[1].completeness.score, 100);
    test.db.set_completeness_rules(test.tenant, "amazon", Some("fr"), None, &stamp).await.unwrap();
    assert_eq!(test.db.completeness_rules(test.tenant).await.unwrap().len(), 1);
    assert_eq!(test.db.delete_family(test.tenant, "tools", &stamp).await.unwrap_err().code(), "family_in_use");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn views_associations_and_tags_are_kept(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let stamp = test.stamp();
    let one = test.create(json!({"title": "One", "sku": "1", "tags": ["Sale", "New"]})).await;
    let two = test.create(json!({"title": "Two", "sku": "2", "tags": ["sale"]})).await;
    let set = |kind: &str, ids: Vec<Uuid>| BTreeMap::from([(kind.to_owned(), ids)]);
    test.db.set_associations(test.tenant, one.id, &set("cross_sell", vec![two.id]), &stamp).await.unwrap();
    let both = test.db.set_associations(test.tenant, one.id, &set("accessory", vec![two.id]), &stamp).await.unwrap();
    assert_eq!(both.len(), 2, "other kinds stay");
    for wrong in [set("cross_sell", vec![one.id]), set("cross_sell", vec![Uuid::nil()]), set("friend", vec![])] {
        assert_eq!(test.db.set_associations(test.tenant, one.id, &wrong, &stamp).await.unwrap_err().status(), 422);
    }
    let tags = test.db.tags(test.tenant).await.unwrap();
    assert_eq!((tags.len(), tags[0].products), (2, 2));
    let query = ProductQuery { filter: vec![Condition::equals("tags", "sale")], ..ProductQuery::default() };
    let view = test.db.save_view(test.tenant, None, "Sale", false, &query, &stamp).await.unwrap();
    assert_eq!(test.db.saved_views(test.tenant, Some(Uuid::nil())).await.unwrap(), [], "not shared");
    assert_eq!(test.db.saved_views(test.tenant, stamp.actor()).await.unwrap()[0].query.0, query);
    let stranger = Stamp::of_person(&test.cx, Uuid::nil(), "x@y.example");
    assert_eq!(test.db.delete_view(test.tenant, view.id, &stranger).await.unwrap_err().status(), 404);
    assert_eq!(
        test.db.save_view(test.tenant, Some(view.id), "Mine", true, &query, &stranger).await.unwrap_err().status(),
        404
    );
    test.db.delete_view(test.tenant, view.id, &stamp).await.unwrap();
}
