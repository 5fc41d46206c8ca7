//! Jobs: what the database itself refuses, and what sweepers may see.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, HashMap};

use db_imports::{ImportOptions, ImportsDb, MIGRATOR, NewBatch, NewImport, Run};
use db_tenancy::{Database, Stamp, begin};
use product::{ImportMode, Outcome};
use runtime::{App, Env, TenantId};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn stamp() -> Stamp {
    let mut cx = App::new(Env::default()).cx("a-test");
    cx.now = NOW;
    Stamp::of_job(&cx, "a test")
}

async fn pool(options: PgConnectOptions) -> PgPool {
    PgPool::connect_with(options.options([("role", "pm_imports")])).await.unwrap()
}

async fn begun(db: &ImportsDb, tenant: TenantId, batches: i32) -> Uuid {
    let id = Uuid::now_v7();
    let new = NewImport {
        id,
        file_name: "a.csv".into(),
        size_bytes: 1,
        object_key: "k".into(),
        supplier: None,
        mode: ImportMode::Update,
        options: ImportOptions::default(),
        run: Run::Apply,
        automation: None,
        idempotency_key: None,
    };
    db.create_import(tenant, &new, &stamp()).await.unwrap();
    db.begin_parsing(tenant, id, None, NOW).await.unwrap().unwrap();
    for number in 0..batches {
        let batch = NewBatch { number, object_key: format!("b{number}"), rows: 10, phase: 0 };
        db.register_batch(tenant, id, &batch, NOW).await.unwrap();
    }
    db.finish_parsing(tenant, id, (batches * 10, batches), &BTreeMap::new(), ("", &[]), NOW).await.unwrap();
    id
}

fn ten() -> Outcome {
    Outcome { created: 10, ..Outcome::default() }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_import_with_a_row_missing_cannot_complete(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = pool(options).await;
    let (db, tenant) = (ImportsDb::over(pool.clone()), TenantId(Uuid::now_v7()));
    let id = begun(&db, tenant, 1).await;
    let mut tx = begin(&pool, tenant).await.unwrap();
    let lied = sqlx::query("update import_jobs set status = 'completed', created_rows = 9 where import_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await;
    assert!(lied.unwrap_err().to_string().contains("import_jobs_adds_up"));
    let short =
        db.settle_batch(tenant, id, 0, &Outcome { created: 9, ..Outcome::default() }, &HashMap::new(), NOW).await;
    assert!(short.is_err(), "nor a batch");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn only_the_last_of_concurrent_batches_sends_for_the_finish(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (ImportsDb::over(pool(options).await), TenantId(Uuid::now_v7()));
    let id = begun(&db, tenant, 2).await;
    let (outcome, names) = (ten(), HashMap::new());
    let (left, right) = tokio::join!(
        db.settle_batch(tenant, id, 0, &outcome, &names, NOW),
        db.settle_batch(tenant, id, 1, &outcome, &names, NOW)
    );
    assert_eq!(u8::from(left.unwrap()) + u8::from(right.unwrap()), 1);
    let done = db.complete_import(tenant, id, None, &stamp()).await.unwrap();
    assert_eq!((done.status.as_str(), done.totals.created), ("completed", 20));
    db.settle_batch(tenant, id, 0, &Outcome { updated: 10, ..Outcome::default() }, &HashMap::new(), NOW).await.unwrap();
    assert_eq!(
        db.complete_import(tenant, id, None, &stamp()).await.unwrap().totals.created,
        20,
        "told again, it stays as it is"
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_window_of_batches_is_handed_out_and_stale_ones_again(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (ImportsDb::over(pool(options).await), TenantId(Uuid::now_v7()));
    let id = begun(&db, tenant, 5).await;
    let later = NOW + Duration::minutes(5);
    let numbers = |batches: Vec<db_imports::BatchRecord>| {
        let mut numbers: Vec<i32> = batches.into_iter().map(|batch| batch.number).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(numbers(db.claim_batches(tenant, id, 2, NOW - Duration::minutes(1), NOW).await.unwrap()), [0, 1]);
    assert!(db.claim_batches(tenant, id, 2, NOW - Duration::minutes(1), NOW).await.unwrap().is_empty());
    db.settle_batch(tenant, id, 0, &ten(), &HashMap::new(), NOW).await.unwrap();
    assert_eq!(numbers(db.claim_batches(tenant, id, 2, NOW - Duration::minutes(1), NOW).await.unwrap()), [2]);
    assert_eq!(
        numbers(db.claim_batches(tenant, id, 2, later - Duration::minutes(1), later).await.unwrap()),
        [1, 2],
        "what did not come back"
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_sweeper_sees_ids_of_all_tenants_and_rows_of_none(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = pool(options).await;
    let db = ImportsDb::over(pool.clone());
    let (one, two) = (TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    begun(&db, one, 1).await;
    begun(&db, two, 1).await;
    let stalled = db.stalled_imports(NOW + Duration::minutes(1), 10).await.unwrap();
    assert_eq!(stalled.len(), 2);
    assert!(db.stalled_imports(NOW, 10).await.unwrap().is_empty());
    let rows: i64 = sqlx::query_scalar("select count(*) from import_jobs").fetch_one(&pool).await.unwrap();
    assert_eq!(rows, 0);
    let owner: bool =
        sqlx::query_scalar("select pg_has_role('pm_imports', 'pm_admin', 'member')").fetch_one(&pool).await.unwrap();
    assert!(!owner, "a function's role cannot become the owner");
}
