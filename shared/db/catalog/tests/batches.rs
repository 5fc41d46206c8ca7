//! Batches of an import, written as the role that the function has.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use db_catalog::{Batch, BatchRow, CatalogDb, MIGRATOR, Product, ProductQuery};
use db_tenancy::Database;
use product::{Cells, Field, ImportMode, Outcome, RowRules, validate};
use runtime::{PageQuery, TenantId};
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::OffsetDateTime;
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

async fn catalog(options: PgConnectOptions) -> CatalogDb {
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute("set role pm_imports").await.map(|_| ()) })
        })
        .connect_with(options)
        .await
        .unwrap();
    CatalogDb::over(pool)
}

fn row(number: i32, sku: &str, ean: &str, title: &str, price: &str) -> BatchRow {
    let mut cells = Cells::default();
    for (field, text) in [(Field::Sku, sku), (Field::Ean, ean), (Field::Title, title), (Field::Price, price)] {
        cells.set(field, text.to_owned());
    }
    BatchRow { number, product: validate(&cells, &RowRules::default()).unwrap() }
}

fn batch(import: Uuid, rows: Vec<BatchRow>) -> Batch {
    Batch { id: Uuid::now_v7(), import, supplier: None, mode: ImportMode::Update, rows, before: Outcome::default() }
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
async fn a_batch_delivered_again_changes_nothing_and_says_the_same(_: PgPoolOptions, options: PgConnectOptions) {
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
async fn tenants_have_the_same_codes_without_meeting(_: PgPoolOptions, options: PgConnectOptions) {
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
