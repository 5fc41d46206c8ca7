//! The catalogue as the role of its functions has it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use db_catalog::{
    Action, Batch, BatchRow, CatalogDb, CatalogRules, CategoryChange, Condition, Family, FamilyAttribute, MIGRATOR, Op,
    Origin, Product, ProductQuery, Selection, Sort, Work,
};
use db_tenancy::{Database, Stamp};
use product::{
    Attribute, Cells, Content, Edit, Field, Outcome, ProductStatus, Requirement, RowRules, validate, with_patch,
};
use runtime::{App, Cx, Env, Error, IfMatch, PageQuery, TenantId};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

async fn database(options: &PgConnectOptions, role: &'static str) -> CatalogDb {
    let set = format!("set role {role}");
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .after_connect(move |connection, _| {
            let set = set.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(set)).await.map(|_| ()) })
        })
        .connect_with(options.clone())
        .await
        .unwrap();
    CatalogDb::over(pool)
}

struct Test {
    db: CatalogDb,
    imports: CatalogDb,
    owner: PgPool,
    tenant: TenantId,
    origin: Origin,
    cx: Cx,
}

impl Test {
    async fn new(options: PgConnectOptions) -> Self {
        let origin = Origin {
            source: "user".into(),
            actor_id: Some(Uuid::now_v7()),
            actor_name: Some("a@b.example".into()),
            job_id: None,
        };
        Self {
            db: database(&options, "pm_catalog").await,
            imports: database(&options, "pm_imports").await,
            owner: PgPool::connect_with(options).await.unwrap(),
            tenant: TenantId(Uuid::now_v7()),
            origin,
            cx: App::new(Env::default()).cx("test"),
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp::of_person(&self.cx, self.origin.actor_id.unwrap(), "a@b.example")
    }

    async fn create(&self, json: Value) -> Product {
        let Value::Object(fields) = json else { unreachable!() };
        let draft = Content { status: ProductStatus::Draft, ..Content::default() };
        let content = with_patch(&draft, &fields).unwrap();
        self.db.create_product(self.tenant, content, &self.origin, &self.stamp()).await.unwrap()
    }

    async fn refuse(&self, json: Value) -> Error {
        let content = serde_json::from_value(json).unwrap();
        self.db.create_product(self.tenant, content, &self.origin, &self.stamp()).await.unwrap_err()
    }

    async fn patch(&self, product: &Product, json: Value) -> runtime::Result<Product> {
        let Value::Object(fields) = json else { unreachable!() };
        let change = |product: &Product| Ok(with_patch(&product.content, &fields).unwrap());
        let seen = IfMatch::Version(product.version);
        self.db
            .edit_product(self.tenant, product.id, &seen, Action::Update, (&self.origin, &self.stamp()), change)
            .await
    }

    async fn import(&self, rows: &[(&str, &str, &str)], supplier: Option<Uuid>) -> (Uuid, Outcome) {
        let row = |(at, (sku, title, price)): (usize, &(&str, &str, &str))| {
            let mut cells = Cells::default();
            for (field, text) in [(Field::Sku, sku), (Field::Title, title), (Field::Price, price)] {
                cells.set(field, (*text).to_owned());
            }
            BatchRow {
                number: i32::try_from(at).unwrap() + 2,
                product: validate(&cells, &RowRules::default()).unwrap(),
            }
        };
        let rows = rows.iter().enumerate().map(row).collect();
        let import = Uuid::now_v7();
        let batch = Batch { supplier, rows, ..Batch::new(Uuid::now_v7(), import) };
        (import, self.imports.apply(self.tenant, &batch, OffsetDateTime::now_utc()).await.unwrap())
    }

    async fn find(&self, query: &ProductQuery) -> Vec<String> {
        let page = PageQuery { limit: Some(200), cursor: None };
        let found = self.db.find_products(self.tenant, query, &page, true).await.unwrap();
        assert_eq!(
            found.total.map(|total| total.count),
            Some(found.data.len() as i64),
            "the count is that of the list: {query:?}"
        );
        found.data.into_iter().map(|product| product.content.title).collect()
    }

    async fn where_(&self, field: &str, op: Op, value: Value) -> Vec<String> {
        let filter = vec![Condition { field: field.into(), op, value }];
        self.find(&ProductQuery { filter, sort: Some(Sort::Title), ..ProductQuery::default() }).await
    }

    async fn job(&self, work: Work) -> db_catalog::CatalogJob {
        let job = self.db.begin_job(self.tenant, &work, None, &self.stamp()).await.unwrap();
        while self.db.job_step(self.tenant, job.id, OffsetDateTime::now_utc()).await.unwrap() {}
        let job = self.db.catalog_job(self.tenant, job.id).await.unwrap();
        assert_eq!((job.status.as_str(), job.done), ("completed", job.total));
        job
    }

    /// The changes since a cursor, when there are some: a transaction of another test that is under way hides them for a while.
    async fn changes(&self, since: Option<&str>, limit: i64) -> db_catalog::CatalogChanges {
        for _ in 0..100 {
            let changes = self.db.changes_since(self.tenant, since, limit).await.unwrap();
            if !changes.data.is_empty() {
                return changes;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no change is listed");
    }

    fn select(&self, ids: &[Uuid]) -> Selection {
        Selection { ids: Some(ids.to_vec()), query: None }
    }
}

fn edits(json: Value) -> Vec<Edit> {
    serde_json::from_value(json).unwrap()
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_product_is_made_patched_and_told(_: PgPoolOptions, options: PgConnectOptions) {
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
        "told from what came later"
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
async fn variants_hang_on_their_parent(_: PgPoolOptions, options: PgConnectOptions) {
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
    test.db.trash_product(test.tenant, parent.id, true, (&test.origin, &stamp)).await.unwrap();
    assert!(test.db.product(test.tenant, small.id).await.unwrap().trashed_at.is_some(), "the variants go with it");
    assert!(test.find(&ProductQuery::default()).await.is_empty());
    test.db.delete_product(test.tenant, parent.id, &stamp).await.unwrap();
    assert_eq!(test.db.product(test.tenant, small.id).await.unwrap_err().status(), 404);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_trash_keeps_for_thirty_days_and_codes_stay_taken(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let product = test.create(json!({"title": "Drill", "sku": "D-1", "status": "inactive"})).await;
    let stamp = test.stamp();
    assert_eq!(test.db.delete_product(test.tenant, product.id, &stamp).await.unwrap_err().code(), "not_in_trash");
    test.db.trash_product(test.tenant, product.id, true, (&test.origin, &stamp)).await.unwrap();
    assert!(test.refuse(json!({"title": "x", "sku": "D-1"})).await.to_string().contains("in the trash"));
    let (_, outcome) = test.import(&[("D-1", "Drill 2", "1")], None).await;
    assert_eq!(
        (outcome.skipped, outcome.issues[0].error.code.as_str()),
        (1, "in_trash"),
        "a file does not fetch it back"
    );
    let restored = test.db.trash_product(test.tenant, product.id, false, (&test.origin, &stamp)).await.unwrap();
    assert_eq!(restored.content.status.as_str(), "inactive", "with the status that it had");

    test.db.trash_product(test.tenant, product.id, true, (&test.origin, &stamp)).await.unwrap();
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
        .edit_product(test.tenant, product.id, &IfMatch::Any, Action::Update, (&key, &test.stamp()), change)
        .await
        .unwrap_err();
    assert_eq!(kept.status(), 422);
    test.db.lock_fields(test.tenant, product.id, &[], &test.stamp()).await.unwrap();
    test.db
        .edit_product(test.tenant, product.id, &IfMatch::Any, Action::Update, (&key, &test.stamp()), change)
        .await
        .unwrap();
}

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
    let tools = test.db.create_category(test.tenant, None, "Tools", (&none, 0), &stamp).await.unwrap();
    let drills = test.db.create_category(test.tenant, Some(tools.id), "Drills", (&none, 0), &stamp).await.unwrap();
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
    let garden = test.db.create_category(test.tenant, None, "Garden", (&none, 0), &stamp).await.unwrap();
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
    // What products hold is not taken from them.
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
    for _ in 0..100 {
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
async fn a_job_never_reaches_further_than_its_query(_: PgPoolOptions, options: PgConnectOptions) {
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
    let stay = test.db.trash_product(test.tenant, variant.id, false, (&test.origin, &stamp)).await.unwrap_err();
    assert_eq!(stay.code(), "parent_in_trash");
    assert_eq!(test.job(Work::Purge(test.select(&[parent.id]))).await.changed, 2);
    assert_eq!(test.db.product(test.tenant, variant.id).await.unwrap_err().status(), 404);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_undo_leaves_what_it_cannot_and_keeps_locks(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let stamp = test.stamp();
    let category = test.db.create_category(test.tenant, None, "Gone", (&BTreeMap::new(), 0), &stamp).await.unwrap();
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

    // A key is bound by locks in a job as it is alone.
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

    // Prices have one currency: a file that may not change one of them changes none of them.
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

    // A plan that shrank lets what is there be changed, and nothing new in.
    test.db.set_product_quota(test.tenant, Some(0)).await.unwrap();
    let (_, outcome) = test.import(&[("1", "One!", "1"), ("2", "Two", "1")], None).await;
    assert_eq!((outcome.updated, outcome.rejected), (1, 1), "{outcome:?}");
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
    let view = test.db.save_view(test.tenant, None, ("Sale", false), &query, &stamp).await.unwrap();
    assert_eq!(test.db.saved_views(test.tenant, Some(Uuid::nil())).await.unwrap(), [], "not shared");
    assert_eq!(test.db.saved_views(test.tenant, stamp.actor()).await.unwrap()[0].query.0, query);
    let stranger = Stamp::of_person(&test.cx, Uuid::nil(), "x@y.example");
    assert_eq!(test.db.delete_view(test.tenant, view.id, &stranger).await.unwrap_err().status(), 404);
    assert_eq!(
        test.db.save_view(test.tenant, Some(view.id), ("Mine", true), &query, &stranger).await.unwrap_err().status(),
        404
    );
    test.db.delete_view(test.tenant, view.id, &stamp).await.unwrap();
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
