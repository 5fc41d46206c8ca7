//! Batches of an import, written with the role of the function.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod shops;
mod undo;

use db_catalog::{Batch, BatchRow, CatalogDb, LeftOutRow, MIGRATOR, PlannedRow, Product, ProductQuery};
use db_tenancy::Database;
use product::{Cells, Field, MatchKey, Missing, Outcome, RowRules, Rules, validate};
use runtime::{PageQuery, TenantId};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::OffsetDateTime;
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

async fn catalog(options: PgConnectOptions) -> CatalogDb {
    CatalogDb::over(PgPool::connect_with(options.options([("role", "pm_imports")])).await.unwrap())
}

fn row(number: i32, sku: &str, ean: &str, title: &str, price: &str) -> BatchRow {
    let mut cells = Cells::default();
    for (field, text) in [(Field::Sku, sku), (Field::Ean, ean), (Field::Title, title), (Field::Price, price)] {
        cells.set(field, text.to_owned());
    }
    BatchRow { number, product: validate(&cells, &RowRules::default()).unwrap() }
}

fn batch(import: Uuid, rows: Vec<BatchRow>) -> Batch {
    Batch { rows, ..Batch::new(Uuid::now_v7(), import) }
}

fn counts(outcome: &Outcome) -> (i32, i32, i32, i32, i32) {
    (outcome.created, outcome.updated, outcome.unchanged, outcome.skipped, outcome.rejected)
}

async fn all(db: &CatalogDb, tenant: TenantId) -> Vec<Product> {
    let page = PageQuery { limit: Some(200), cursor: None };
    db.find_products(tenant, &ProductQuery::default(), &page, false).await.unwrap().data
}

const EAN: &str = "4006381333931";

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_batch_creates_updates_and_leaves_alone(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let first = batch(
        Uuid::now_v7(),
        vec![row(2, "A", EAN, "One", "1"), row(3, "B", "", "Two", "2"), row(4, "", "96385074", "Three", "3")],
    );
    assert_eq!(counts(&db.apply(tenant, &first, NOW).await.unwrap()), (3, 0, 0, 0, 0));
    // The same code in its other spelling, a changed title, nothing changed.
    let second = batch(
        Uuid::now_v7(),
        vec![row(2, "", &format!("0{EAN}"), "One", "1"), row(3, "B", "", "Two!", ""), row(4, "C", "", "Four", "4")],
    );
    assert_eq!(counts(&db.apply(tenant, &second, NOW).await.unwrap()).0, 1);
    let products = all(&db, tenant).await;
    assert_eq!(products.len(), 4);
    let two = products.iter().find(|product| product.content.sku.as_deref() == Some("B")).unwrap();
    assert_eq!(
        (two.content.title.as_str(), two.content.price.map(|price| price.normalize().to_string())),
        ("Two!", Some("2".into())),
        "a blank keeps the price"
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_batch_delivered_again_changes_nothing_and_returns_the_same(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let import = Uuid::now_v7();
    let one = batch(import, vec![row(2, "A", "", "First", "1")]);
    let outcome = db.apply(tenant, &one, NOW).await.unwrap();
    db.apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "A", "", "Later", "1")]), NOW).await.unwrap();
    assert_eq!(db.apply(tenant, &one, NOW).await.unwrap(), outcome);
    let products = all(&db, tenant).await;
    assert_eq!(products[0].content.title, "Later", "the redelivery did not bring the old title back");

    // At the same time: they wait for each other.
    let twice = batch(import, (10..60).map(|number| row(number, &format!("N{number}"), "", "New", "1")).collect());
    let (left, right) = tokio::join!(db.apply(tenant, &twice, NOW), db.apply(tenant, &twice, NOW));
    assert_eq!(left.unwrap(), right.unwrap());
    assert_eq!(all(&db, tenant).await.len(), 51);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn codes_that_belong_to_two_products_are_refused(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    db.apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "A", EAN, "One", "1"), row(3, "B", "", "Two", "2")]), NOW)
        .await
        .unwrap();
    let clash = db
        .apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "B", EAN, "Both", "1"), row(3, "C", EAN, "New", "1")]), NOW)
        .await
        .unwrap();
    assert_eq!(counts(&clash), (0, 0, 0, 0, 2));
    assert!(
        clash
            .issues
            .iter()
            .all(|issue| issue.error.code == "identifier_conflict" && issue.error.message.contains("SKU A"))
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn two_imports_of_the_same_new_products_make_each_once(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let rows = |reverse: bool| {
        let mut rows: Vec<BatchRow> = (0..200).map(|n| row(n + 2, &format!("S{n}"), "", "Same", "1")).collect();
        if reverse {
            rows.reverse();
        }
        rows
    };
    let (left, right) = (batch(Uuid::now_v7(), rows(false)), batch(Uuid::now_v7(), rows(true)));
    let (left, right) = tokio::join!(db.apply(tenant, &left, NOW), db.apply(tenant, &right, NOW));
    let (left, right) = (left.unwrap(), right.unwrap());
    assert_eq!(left.created + right.created, 200);
    assert_eq!(left.unchanged + right.unchanged, 200);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn tenants_can_have_the_same_codes(_: PgPoolOptions, options: PgConnectOptions) {
    let db = catalog(options).await;
    let (one, two) = (TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    for tenant in [one, two] {
        let outcome = db.apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "A", EAN, "Mine", "1")]), NOW).await.unwrap();
        assert_eq!(outcome.created, 1);
    }
    let mine = all(&db, one).await;
    assert_eq!(mine.len(), 1);
    assert_eq!(db.product(two, mine[0].id).await.unwrap_err().code(), "not_found");
}

/// A row of any fields.
fn row_of(number: i32, pairs: &[(Field, &str)]) -> BatchRow {
    let mut cells = Cells::default();
    for (field, text) in pairs {
        cells.set(*field, (*text).to_owned());
    }
    BatchRow { number, product: validate(&cells, &RowRules::default()).unwrap() }
}

/// Returns the result of each row, without the ids that differ from run to run.
fn fates(rows: &[PlannedRow]) -> Vec<(i32, &'static str, Option<String>, String)> {
    rows.iter()
        .map(|row| {
            let changes: Vec<String> = row
                .changes
                .iter()
                .map(|(field, change)| match field.as_str() {
                    "parent_id" => field.clone(),
                    _ => format!("{field}: {} -> {}", change.old, change.new),
                })
                .collect();
            (row.row, row.action, row.sku.clone(), changes.join("; "))
        })
        .collect()
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_preview_changes_nothing_and_reports_what_the_commit_does(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let first = batch(
        Uuid::now_v7(),
        vec![row(2, "A", EAN, "One", "1"), row(3, "B", "", "Two", "2"), row(4, "C", "", "Three", "3")],
    );
    db.apply(tenant, &first, NOW).await.unwrap();
    let before = all(&db, tenant).await;
    let import = Uuid::now_v7();
    let products = || Batch {
        rows: vec![
            row(2, "A", "", "One", "1"),
            row(3, "B", "", "Two!", "5"),
            row(4, "B", EAN, "Both", "1"),
            row_of(5, &[(Field::Sku, "new"), (Field::Price, "3")]),
            row_of(6, &[(Field::Sku, "shirt"), (Field::Title, "Shirt"), (Field::Option1Name, "Size")]),
            row(7, "B", "", "Two again", "6"),
        ],
        ..Batch::new(Uuid::now_v7(), import)
    };
    // Variants of a parent that the same file makes, one with an axis that the parent has not.
    let variant = |number, sku: &'static str, axis: &'static str| {
        let pairs =
            [(Field::Sku, sku), (Field::Parent, "shirt"), (Field::Option1Name, axis), (Field::Option1Value, sku)];
        row_of(number, &pairs)
    };
    let variants = || Batch {
        number: 1,
        variants: true,
        rows: vec![variant(8, "S", "Size"), variant(9, "M", "Size"), variant(10, "L", "Color")],
        ..Batch::new(Uuid::now_v7(), import)
    };
    let mut previewed = Vec::new();
    for batch in [products(), variants()] {
        let (outcome, rows) = db.preview(tenant, &batch, NOW).await.unwrap();
        assert_eq!(outcome.total(), i32::try_from(batch.rows.len()).unwrap());
        previewed.extend(fates(&rows));
    }
    assert_eq!(all(&db, tenant).await, before, "a preview changes nothing");
    let actions: Vec<&str> = previewed.iter().map(|row| row.1).collect();
    assert_eq!(
        actions,
        ["unchanged", "skipped", "rejected", "rejected", "created", "updated", "created", "created", "rejected"]
    );
    let staged = db.preview_rows(tenant, import, None, None, 200).await.unwrap().data;
    assert_eq!(staged.iter().map(|row| row.action.as_str()).collect::<Vec<_>>(), actions);
    assert_eq!(staged[5].changes.0["price"].new, serde_json::json!("6"));
    assert_eq!(staged[5].price_move.unwrap().to_string(), "200.00");
    assert!(db.changed_since_preview(tenant, import, &["price".to_owned()], 10).await.unwrap().is_empty());

    let mut committed = Vec::new();
    for batch in [products(), variants()] {
        committed.extend(fates(&db.apply_traced(tenant, &batch, NOW).await.unwrap().1));
    }
    assert_eq!(committed, previewed);
    let after = all(&db, tenant).await;
    let shirt = after.iter().find(|product| product.content.sku.as_deref() == Some("shirt")).unwrap();
    let small = after.iter().find(|product| product.content.sku.as_deref() == Some("S")).unwrap();
    assert_eq!((small.content.parent_id, small.content.title.as_str()), (Some(shirt.id), "Shirt"));
    let changed = db.changed_since_preview(tenant, import, &["price".to_owned()], 10).await.unwrap();
    assert!(changed.iter().any(|one| one.code == "B") && changed.iter().any(|one| one.code == "shirt"), "{changed:?}");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_the_file_does_not_have_is_left_out_and_rejected_rows_are_in_it(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let id = Uuid::now_v7();
    let supplier = Some(id);
    let of_supplier = |rows| Batch { supplier, ..batch(Uuid::now_v7(), rows) };
    let rows = ["A", "B", "C", "D"].map(|sku| row(2, sku, "", sku, "1")).to_vec();
    db.apply(tenant, &of_supplier(rows), NOW).await.unwrap();
    db.apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "foreign", "", "Foreign", "1")]), NOW).await.unwrap();
    let import = Uuid::now_v7();
    let left_out = LeftOutRow { number: 3, action: "rejected", sku: Some("B".into()), ..LeftOutRow::default() };
    let file = Batch {
        supplier,
        rejected: vec![left_out],
        rows: vec![row(2, "A", "", "A", "2")],
        ..Batch::new(Uuid::now_v7(), import)
    };
    db.preview(tenant, &file, NOW).await.unwrap();
    let figures = db.preview_figures(tenant, import, supplier, Missing::Archive, None).await.unwrap();
    assert_eq!((figures.absent, figures.supplied), (2, 4));
    let absent = db.absent_products(tenant, import, id, Missing::Archive, None, 10).await.unwrap().data;
    assert_eq!(absent.iter().map(|row| row.sku.as_deref().unwrap()).collect::<Vec<_>>(), ["C", "D"]);
    let last = db.leave_out_absent(tenant, import, id, Missing::Archive, None, NOW).await.unwrap();
    assert!(last.is_some());
    assert_eq!(
        db.leave_out_absent(tenant, import, id, Missing::Archive, None, NOW).await.unwrap(),
        None,
        "delivered again"
    );
    assert_eq!(db.count_left_out(tenant, import, Missing::Archive).await.unwrap(), 2);
    let status = |sku: &str, products: &[Product]| {
        let found = products.iter().find(|product| product.content.sku.as_deref() == Some(sku)).unwrap();
        found.content.status.as_str()
    };
    let after = all(&db, tenant).await;
    assert_eq!(
        ["A", "B", "C", "D", "foreign"].map(|sku| status(sku, &after)),
        ["active", "active", "archived", "archived", "active"]
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn products_are_found_by_the_keys_that_are_chosen(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let supplier = Some(Uuid::now_v7());
    let named = |number, sku: &'static str, reference: &'static str| {
        row_of(number, &[(Field::Sku, sku), (Field::Title, sku), (Field::SupplierReference, reference)])
    };
    let rows = vec![named(2, "A", "R1"), named(3, "B", "R2"), named(4, "C", "R2")];
    db.apply(tenant, &Batch { supplier, ..batch(Uuid::now_v7(), rows) }, NOW).await.unwrap();
    let by_reference =
        |rows| Batch { supplier, match_by: vec![MatchKey::SupplierReference], ..batch(Uuid::now_v7(), rows) };
    let prices = vec![
        row_of(2, &[(Field::SupplierReference, "R1"), (Field::Price, "5")]),
        row_of(3, &[(Field::SupplierReference, "R2"), (Field::Price, "6")]),
        row_of(4, &[(Field::SupplierReference, "R3"), (Field::Price, "7")]),
    ];
    let outcome = db.apply(tenant, &by_reference(prices), NOW).await.unwrap();
    assert_eq!(counts(&outcome), (0, 1, 0, 0, 2));
    let codes: Vec<&str> = outcome.issues.iter().map(|issue| issue.error.code.as_str()).collect();
    assert_eq!(codes, ["match_ambiguous", "required_field_missing"]);
    // A product that is found by its EAN may get another SKU, but not that of another product.
    db.apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "E", EAN, "E", "1")]), NOW).await.unwrap();
    let by_ean = |rows| Batch { match_by: vec![MatchKey::Ean], ..batch(Uuid::now_v7(), rows) };
    assert_eq!(counts(&db.apply(tenant, &by_ean(vec![row(2, "E2", EAN, "E", "1")]), NOW).await.unwrap()).1, 1);
    assert_eq!(counts(&db.apply(tenant, &by_ean(vec![row(2, "A", EAN, "E", "1")]), NOW).await.unwrap()).4, 1);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn attributes_rules_and_blanks_do_what_the_mapping_says(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let with_color = |color: Option<&str>, price: &str| {
        let mut cells = Cells::default();
        cells.set(Field::Sku, "A");
        cells.set(Field::Title, "One");
        cells.set(Field::Price, price.to_owned());
        cells.set_attribute("color", color.map(|color| color.to_owned().into()));
        if color.is_none() {
            cells.clear(Field::Price);
        }
        BatchRow { number: 2, product: validate(&cells, &RowRules::default()).unwrap() }
    };
    let unknown = db.apply(tenant, &batch(Uuid::now_v7(), vec![with_color(Some("red"), "1")]), NOW).await.unwrap();
    assert_eq!(unknown.issues[0].error.code, "attribute_unknown");
    let optional = Batch {
        optional_attributes: ["color".to_owned()].into(),
        ..batch(Uuid::now_v7(), vec![with_color(Some("red"), "9")])
    };
    let without = db.preview(tenant, &optional, NOW).await.unwrap().0;
    assert_eq!((without.created, without.issues.len()), (1, 0), "a shop's own attribute is left out");
    let new_attributes = || [("color".to_owned(), "Couleur".to_owned())].into();
    let rules: Vec<product::Rule> = serde_json::from_value(serde_json::json!([
        {"field": "price", "check": "max_change", "percent": "50"},
        {"field": "attributes.color", "check": "in_list", "values": ["red"], "severity": "warning"},
        {"field": "title", "check": "unique"}
    ]))
    .unwrap();
    let ruled = |rows| Batch {
        new_attributes: new_attributes(),
        rules: Rules::new(&rules).unwrap(),
        ..batch(Uuid::now_v7(), rows)
    };
    assert_eq!(db.apply(tenant, &ruled(vec![with_color(Some("red"), "10")]), NOW).await.unwrap().created, 1);
    let moved = db.apply(tenant, &ruled(vec![with_color(Some("red"), "20")]), NOW).await.unwrap();
    assert_eq!((moved.rejected, moved.issues[0].error.code.as_str()), (1, "rule_broken"));
    let warned = db.apply(tenant, &ruled(vec![with_color(Some("blue"), "11")]), NOW).await.unwrap();
    assert_eq!((warned.updated, warned.issues[0].error.code.as_str()), (1, "rule_warning"));
    let same_title = db.apply(tenant, &ruled(vec![row(2, "B", "", "One", "1")]), NOW).await.unwrap();
    assert_eq!(same_title.rejected, 1, "the title is another product's");
    let ranged: Vec<product::Rule> = serde_json::from_value(serde_json::json!([
        {"field": "price", "check": "range", "max": "100"}, {"field": "title", "check": "unique"}
    ]))
    .unwrap();
    let rows = vec![row(2, "C", "", "Saw", "500"), row(3, "D", "", "Saw", "5"), row(4, "E", "", "Saw", "6")];
    let mixed = Batch { rules: Rules::new(&ranged).unwrap(), ..batch(Uuid::now_v7(), rows) };
    let mixed = db.preview(tenant, &mixed, NOW).await.unwrap().0;
    assert_eq!((mixed.created, mixed.rejected), (1, 2), "a rejected row keeps no title");
    db.apply(tenant, &batch(Uuid::now_v7(), vec![with_color(None, "")]), NOW).await.unwrap();
    let product = &all(&db, tenant).await[0].content;
    assert_eq!((product.price, product.attributes.len()), (None, 0), "blank cells that clear");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_last_row_of_a_product_wins_by_whatever_code_it_is_named(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    db.apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "A", EAN, "Drill", "6")]), NOW).await.unwrap();
    let file = Uuid::now_v7();
    let part = |rows| Batch {
        named_by: vec![MatchKey::Sku, MatchKey::Ean],
        ..Batch { rows, ..Batch::new(Uuid::now_v7(), file) }
    };
    // Row 9 leaves the product as it is, and its batch is the first that is written.
    let last = vec![row(9, "", EAN, "Drill", "6")];
    assert_eq!(db.apply(tenant, &part(last), NOW).await.unwrap().unchanged, 1);
    let first = db.apply(tenant, &part(vec![row(3, "A", "", "Drill", "5")]), NOW).await.unwrap();
    assert_eq!((first.updated, first.skipped), (0, 1), "row 9 takes row 3 back");
    let price = all(&db, tenant).await[0].content.price;
    assert_eq!(price.map(|price| price.to_string()).as_deref(), Some("6"));
    // This does not hold for another file.
    assert_eq!(
        db.apply(tenant, &batch(Uuid::now_v7(), vec![row(3, "A", "", "Drill", "5")]), NOW).await.unwrap().updated,
        1
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn whatever_a_rejected_row_names_is_not_absent(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let id = Uuid::now_v7();
    let supplier = Some(id);
    let first = Batch {
        supplier,
        ..batch(
            Uuid::now_v7(),
            vec![
                row(2, "A", "", "A", "1"),
                row(3, "B", EAN, "B", "1"),
                row_of(4, &[(Field::Sku, "C"), (Field::Title, "C"), (Field::SupplierReference, "R3")]),
                row(5, "D", "", "D", "1"),
            ],
        )
    };
    db.apply(tenant, &first, NOW).await.unwrap();
    let import = Uuid::now_v7();
    let invalid = LeftOutRow { number: 3, action: "rejected", reference: Some("R3".into()), ..LeftOutRow::default() };
    let file = Batch {
        supplier,
        match_by: vec![MatchKey::Sku, MatchKey::Ean, MatchKey::SupplierReference],
        rejected: vec![invalid],
        // A's SKU with B's EAN: it is not known which of the two is meant.
        rows: vec![row(2, "A", EAN, "Which?", "2")],
        ..Batch::new(Uuid::now_v7(), import)
    };
    assert_eq!(db.preview(tenant, &file, NOW).await.unwrap().0.rejected, 1);
    let absent = db.absent_products(tenant, import, id, Missing::Archive, None, 10).await.unwrap().data;
    assert_eq!(absent.iter().map(|row| row.sku.as_deref().unwrap()).collect::<Vec<_>>(), ["D"]);
    let figures = db.preview_figures(tenant, import, supplier, Missing::Archive, None).await.unwrap();
    assert_eq!((figures.absent, figures.supplied), (1, 4));
    for (before, left) in [(NOW, 2), (NOW + time::Duration::SECOND, 0)] {
        db.forget_preview(tenant, import, before).await.unwrap();
        assert_eq!(db.preview_rows(tenant, import, None, None, 10).await.unwrap().data.len(), left);
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn invalid_variants_are_rejected_alone(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let import = Uuid::now_v7();
    let variant = |number, sku: &'static str, size: &'static str, price: &'static str| {
        let fields = [
            (Field::Sku, sku),
            (Field::Parent, "shirt"),
            (Field::Option1Name, "Size"),
            (Field::Option1Value, size),
            (Field::Price, price),
        ];
        row_of(number, &fields)
    };
    // The parent has no option axes of its own, and the first variant breaks a rule, so it does not count for its
    // parent.
    let rules: Vec<product::Rule> =
        serde_json::from_value(serde_json::json!([{"field": "price", "check": "required"}])).unwrap();
    let products = || batch(import, vec![row(2, "shirt", "", "Shirt", "1")]);
    let odd =
        [(Field::Sku, "odd"), (Field::Parent, "shirt"), (Field::Option1Name, "Colour"), (Field::Option1Value, "Red")];
    let variants = || Batch {
        number: 1,
        variants: true,
        rules: Rules::new(&rules).unwrap(),
        rows: vec![row_of(3, &odd), variant(4, "S", "S", "5"), variant(5, "S2", "S", "5"), variant(6, "M", "M", "5")],
        ..Batch::new(Uuid::now_v7(), import)
    };
    let (mut previewed, mut committed) = (Vec::new(), Vec::new());
    for batch in [products(), variants()] {
        previewed.extend(fates(&db.preview(tenant, &batch, NOW).await.unwrap().1));
    }
    for batch in [products(), variants()] {
        let (outcome, rows) = db.apply_traced(tenant, &batch, NOW).await.unwrap();
        if batch.variants {
            let codes: Vec<&str> = outcome.issues.iter().map(|issue| issue.error.code.as_str()).collect();
            assert_eq!(codes, ["rule_broken", "variant_exists"]);
        }
        committed.extend(fates(&rows));
    }
    assert_eq!(committed, previewed);
    assert_eq!(
        committed.iter().map(|row| row.1).collect::<Vec<_>>(),
        ["created", "rejected", "created", "rejected", "created"]
    );
    let again = batch(Uuid::now_v7(), vec![variant(2, "S3", "M", "5"), variant(3, "M", "M", "6")]);
    assert_eq!(counts(&db.apply(tenant, &again, NOW).await.unwrap()), (0, 1, 0, 0, 1), "another SKU for what is there");
}
