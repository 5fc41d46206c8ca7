//! Jobs: what the database itself refuses, and what the sweepers may see.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, HashMap};

use db_imports::{
    FileNotice, ImportOptions, ImportStatus, ImportsDb, MIGRATOR, NewBatch, NewImport, ParseClaim, ReadRows, Run,
};
use db_tenancy::{Database, Stamp, begin};
use product::{ImportMode, Outcome};
use runtime::{App, Env, Result, TenantId};
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

/// A new import of a file, without choices.
fn new_import() -> NewImport {
    let id = Uuid::now_v7();
    NewImport {
        id,
        file_name: "a.csv".into(),
        size_bytes: 1,
        object_key: format!("k{id}"),
        supplier: None,
        mode: ImportMode::Update,
        options: ImportOptions::default(),
        run: Run::Apply,
        automation: None,
        idempotency_key: None,
        request_hash: None,
    }
}

async fn begun(db: &ImportsDb, tenant: TenantId, batches: i32) -> Uuid {
    begun_with(db, tenant, batches, &[]).await
}

/// Creates an import whose file was read. With holds it is previewed first.
async fn begun_with(db: &ImportsDb, tenant: TenantId, batches: i32, holds: &[FileNotice]) -> Uuid {
    let new = new_import();
    let id = new.id;
    db.create_import(tenant, &new, &stamp()).await.unwrap();
    let claim = db.begin_parsing(tenant, id, None, 100, NOW).await.unwrap();
    assert!(matches!(claim, ParseClaim::Parse(_)));
    for number in 0..batches {
        let batch = NewBatch { number, object_key: format!("b{number}"), rows: 10, phase: 0 };
        db.register_batch(tenant, id, &batch, NOW).await.unwrap();
    }
    let read =
        ReadRows { rows: batches * 10, batches, superseded: &BTreeMap::new(), content_hash: "", holds, warnings: &[] };
    db.finish_parsing(tenant, id, &read, NOW).await.unwrap();
    id
}

fn ten() -> Outcome {
    Outcome { created: 10, ..Outcome::default() }
}

/// Settles a batch, as a function does that saw the import with the status `seen`.
async fn settle(
    db: &ImportsDb,
    tenant: TenantId,
    id: Uuid,
    number: i32,
    outcome: &Outcome,
    seen: ImportStatus,
) -> Result<bool> {
    let batch = db.batch(tenant, id, number).await.unwrap();
    db.settle_batch(tenant, id, seen, &batch, outcome, &HashMap::new(), NOW).await
}

const APPLYING: ImportStatus = ImportStatus::Applying;

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
    let short = settle(&db, tenant, id, 0, &Outcome { created: 9, ..Outcome::default() }, APPLYING).await;
    assert!(short.is_err(), "nor a batch");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn only_the_last_of_concurrent_batches_finishes_the_import(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (ImportsDb::over(pool(options).await), TenantId(Uuid::now_v7()));
    let id = begun(&db, tenant, 2).await;
    let outcome = ten();
    let (left, right) =
        tokio::join!(settle(&db, tenant, id, 0, &outcome, APPLYING), settle(&db, tenant, id, 1, &outcome, APPLYING));
    assert_eq!(u8::from(left.unwrap()) + u8::from(right.unwrap()), 1);
    let done = db.complete_import(tenant, id, None, &stamp()).await.unwrap().0;
    assert_eq!((done.status.as_str(), done.totals.created), ("completed", 20));
    settle(&db, tenant, id, 0, &Outcome { updated: 10, ..Outcome::default() }, APPLYING).await.unwrap();
    assert_eq!(
        db.complete_import(tenant, id, None, &stamp()).await.unwrap().0.totals.created,
        20,
        "a second call changes nothing"
    );
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_window_of_batches_is_claimed_and_stale_ones_again(_: PgPoolOptions, options: PgConnectOptions) {
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
    settle(&db, tenant, id, 0, &ten(), APPLYING).await.unwrap();
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

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_late_result_of_a_preview_settles_nothing_of_the_commit(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (ImportsDb::over(pool(options).await), TenantId(Uuid::now_v7()));
    let hold = FileNotice::new("file_cut_short", messages::files::password());
    let id = begun_with(&db, tenant, 1, &[hold]).await;
    let batch = db.batch(tenant, id, 0).await.unwrap();
    let settle_as = async |seen| db.settle_batch(tenant, id, seen, &batch, &ten(), &HashMap::new(), NOW).await.unwrap();
    assert!(settle_as(ImportStatus::Previewing).await);
    assert_eq!(db.judge(tenant, id, &[], NOW).await.unwrap().status, APPLYING);
    assert!(!settle_as(ImportStatus::Previewing).await, "the same batch, delivered twice");
    assert!(!db.batch(tenant, id, 0).await.unwrap().settled);
    assert!(settle_as(APPLYING).await);
    assert_eq!(db.complete_import(tenant, id, None, &stamp()).await.unwrap().0.totals.created, 10);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn only_what_was_being_applied_can_be_resumed(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (ImportsDb::over(pool(options).await), TenantId(Uuid::now_v7()));
    let hold = FileNotice::new("file_cut_short", messages::files::password());
    let fail = async |id: Uuid, seen| {
        let batch = db.batch(tenant, id, 0).await.unwrap();
        assert!(db.fail_batch(tenant, id, seen, &batch, NOW).await.unwrap());
        assert!(db.has_failed_batches(tenant, id).await.unwrap());
    };
    let previewed = begun_with(&db, tenant, 1, std::slice::from_ref(&hold)).await;
    fail(previewed, ImportStatus::Previewing).await;
    assert_eq!(db.reopen_failed_batches(tenant, previewed, &stamp()).await.unwrap(), 0, "a preview is no half import");
    db.fail_import(tenant, previewed, ImportStatus::Judging, "preview_failed", "", NOW).await.unwrap();
    assert_eq!(db.reopen_failed_batches(tenant, previewed, &stamp()).await.unwrap(), 0);

    let applied = begun(&db, tenant, 2).await;
    settle(&db, tenant, applied, 1, &ten(), APPLYING).await.unwrap();
    fail(applied, APPLYING).await;
    let ended = db.complete_import(tenant, applied, None, &stamp()).await.unwrap().0;
    assert_eq!((ended.status.as_str(), ended.code.as_deref()), ("completed_with_errors", Some("batches_failed")));
    assert_eq!(db.reopen_failed_batches(tenant, applied, &stamp()).await.unwrap(), 1);
    settle(&db, tenant, applied, 0, &ten(), APPLYING).await.unwrap();
    assert_eq!(db.complete_import(tenant, applied, None, &stamp()).await.unwrap().0.totals.created, 20);
    db.note_undo(tenant, applied, Uuid::now_v7(), NOW).await.unwrap();
    assert_eq!(db.reopen_failed_batches(tenant, applied, &stamp()).await.unwrap(), 0);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_event_waits_until_it_is_marked_and_keeps_no_other(_: PgPoolOptions, options: PgConnectOptions) {
    let db = ImportsDb::over(pool(options).await);
    let (tenant, other) = (TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    for (owner, kind) in [(tenant, "Refused"), (tenant, "Taken"), (other, "Taken")] {
        let mut tx = begin(db.pool(), owner).await.unwrap();
        sqlx::query("insert into outbox (tenant_id, event_id, kind, detail, created_at) values ($1, $2, $3, '{}', $4)")
            .bind(owner.0)
            .bind(Uuid::now_v7())
            .bind(kind)
            .bind(NOW)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let minute = |minutes: i64| NOW + Duration::minutes(minutes);
    let kinds = async |minutes: i64| {
        let events = db.claim_events(tenant, minute(minutes)).await.unwrap();
        let published: Vec<Uuid> = events.iter().filter(|event| event.kind == "Taken").map(|event| event.id).collect();
        db.mark_published(tenant, &published, minute(minutes)).await.unwrap();
        events.into_iter().map(|event| event.kind).collect::<Vec<_>>()
    };
    let (first, second) = tokio::join!(db.claim_events(tenant, NOW), db.claim_events(tenant, NOW));
    assert_eq!(first.unwrap().len() + second.unwrap().len(), 2, "each event is claimed by one of two");
    assert_eq!(kinds(0).await, [""; 0], "claimed ones are left alone");
    assert_eq!(kinds(1).await, ["Refused", "Taken"], "who claimed them died");
    assert_eq!(kinds(2).await, ["Refused"], "a published one is not given again");
    for again in 3..20 {
        assert_eq!(db.tenants_with_unpublished_events(minute(again)).await.unwrap().len(), 2);
        assert_eq!(kinds(again).await, ["Refused"]);
    }
    assert_eq!(kinds(20).await, [""; 0], "it was tried often enough");
    assert_eq!(db.tenants_with_unpublished_events(minute(30)).await.unwrap(), [other]);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_organisation_has_few_files_in_parsing_at_a_time(_: PgPoolOptions, options: PgConnectOptions) {
    let db = ImportsDb::over(pool(options).await);
    let tenants = [TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7())];
    let mut ids = Vec::new();
    for tenant in [tenants[0], tenants[0], tenants[0], tenants[1]] {
        let new = new_import();
        db.create_import(tenant, &new, &stamp()).await.unwrap();
        ids.push((tenant, new.id));
    }
    let claim = async |at: usize, now| db.begin_parsing(ids[at].0, ids[at].1, None, 2, now).await.unwrap();
    for at in [0, 1] {
        assert!(matches!(claim(at, NOW).await, ParseClaim::Parse(_)));
    }
    assert!(matches!(claim(2, NOW).await, ParseClaim::Later(_)), "the third file waits");
    assert!(matches!(claim(3, NOW).await, ParseClaim::Parse(_)), "another organisation does not");
    assert!(matches!(claim(0, NOW).await, ParseClaim::Parse(_)), "a notification that comes again continues");
    // Two whose parsers were killed count no longer.
    let later = NOW + time::Duration::minutes(3);
    assert!(matches!(claim(2, later).await, ParseClaim::Parse(_)));
    db.cancel_import(tenants[1], ids[3].1, &stamp()).await.unwrap();
    assert!(matches!(claim(3, later).await, ParseClaim::Nothing));
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_key_with_another_request_is_refused_for_a_day(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (ImportsDb::over(pool(options).await), TenantId(Uuid::now_v7()));
    let new = |request: u8| NewImport {
        idempotency_key: Some("caller:monday".into()),
        request_hash: Some([request; 32]),
        ..new_import()
    };
    let first = db.create_import(tenant, &new(1), &stamp()).await.unwrap();
    assert_eq!(db.create_import(tenant, &new(1), &stamp()).await.unwrap().id, first.id);
    let refused = db.create_import(tenant, &new(2), &stamp()).await.unwrap_err();
    assert_eq!(refused.code(), "idempotency_key_reused");
    // The same key of another organisation, and the same key on the next day.
    assert!(db.create_import(TenantId(Uuid::now_v7()), &new(2), &stamp()).await.is_ok());
    let mut tomorrow = stamp();
    tomorrow.at += time::Duration::hours(25);
    assert_ne!(db.create_import(tenant, &new(2), &tomorrow).await.unwrap().id, first.id);
}
