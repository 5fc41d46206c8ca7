//! Exports: what happens only once even if it is called several times, and what another organisation sees.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use db_imports::{ExportResult, ImportsDb, MIGRATOR, NewDestination, NewExport, NewSchedule};
use db_tenancy::{Database, Stamp, begin};
use messages::{Language, Text};
use runtime::{App, Env, TenantId};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn stamp(at: OffsetDateTime) -> Stamp {
    let mut cx = App::new(Env::default()).cx("a-test");
    cx.now = at;
    Stamp::of_job(&cx, "a test")
}

async fn pool(options: PgConnectOptions) -> PgPool {
    PgPool::connect_with(options.options([("role", "pm_exports")])).await.unwrap()
}

async fn destination(db: &ImportsDb, tenant: TenantId) -> Uuid {
    let new =
        NewDestination { name: "A folder".into(), kind: "ftp", settings: json!({}), secret: None, same_server: true };
    db.put_destination(tenant, Uuid::now_v7(), true, &new, &stamp(NOW)).await.unwrap().id
}

/// Creates an export at `at`, and begins its first try.
async fn begun(
    db: &ImportsDb,
    tenant: TenantId,
    schedule: Option<Uuid>,
    destinations: Vec<Uuid>,
    at: OffsetDateTime,
) -> Uuid {
    let new = NewExport {
        id: Uuid::now_v7(),
        layout: "products".into(),
        format: "csv".into(),
        name: "An export".into(),
        template_id: None,
        schedule_id: schedule,
        destinations,
        changed_from: None,
        options: json!({ "layout": "products" }),
        idempotency_key: None,
        request_hash: None,
    };
    let job = db.create_export(tenant, &new, None, schedule.is_none(), &stamp(at)).await.unwrap();
    assert_eq!(db.begin_export(tenant, job.id, Language::En, at).await.unwrap().unwrap().1, 1);
    job.id
}

fn result(changed_to: i64) -> ExportResult {
    ExportResult { total: 3, exported: 2, left_out: Vec::new(), warnings: Vec::new(), files: Vec::new(), changed_to }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn only_the_try_that_has_the_export_completes_it(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (ImportsDb::over(pool(options).await), TenantId(Uuid::now_v7()));
    let to = destination(&db, tenant).await;
    let id = begun(&db, tenant, None, vec![to], NOW).await;
    assert!(
        db.begin_export(tenant, id, Language::En, NOW + Duration::minutes(1)).await.unwrap().is_none(),
        "somebody is at it"
    );
    let later = NOW + Duration::minutes(3);
    assert_eq!(
        db.begin_export(tenant, id, Language::En, later).await.unwrap().unwrap().1,
        2,
        "who does not move is given up"
    );
    assert!(!db.note_export_progress(tenant, id, 1, 3, 1, later).await.unwrap(), "the first try sees that it lost it");
    assert!(db.complete_export(tenant, id, 1, &result(7), Language::En, later).await.unwrap().is_empty());
    assert_eq!(db.export(tenant, id).await.unwrap().status, "running");
    assert_eq!(db.complete_export(tenant, id, 2, &result(7), Language::En, later).await.unwrap().len(), 1);
    assert!(
        db.complete_export(tenant, id, 2, &result(7), Language::En, later).await.unwrap().is_empty(),
        "a second call"
    );
    let job = db.export(tenant, id).await.unwrap();
    assert_eq!((job.status.as_str(), job.exported, job.left_out), ("completed", 2, 1));
    assert_eq!(db.export_deliveries(tenant, id).await.unwrap().len(), 1);
    assert!(db.cancel_export(tenant, id, &stamp(later)).await.is_err(), "what has ended cannot be cancelled");
    assert!(db.export(TenantId(Uuid::now_v7()), id).await.is_err(), "another organisation has none such");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_delivery_is_tried_by_one_and_what_is_there_is_not_sent_again(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = pool(options).await;
    let (db, tenant) = (ImportsDb::over(pool.clone()), TenantId(Uuid::now_v7()));
    let to = destination(&db, tenant).await;
    let id = begun(&db, tenant, None, vec![to], NOW).await;
    let refused = Text::verbatim("the server refuses");
    let delivery = db.complete_export(tenant, id, 1, &result(7), Language::En, NOW).await.unwrap()[0];
    assert_eq!(db.due_export_deliveries(NOW, 10).await.unwrap(), [(tenant, delivery)]);
    let (left, right) =
        tokio::join!(db.take_export_delivery(tenant, delivery, NOW), db.take_export_delivery(tenant, delivery, NOW));
    assert_eq!([left.unwrap(), right.unwrap()].into_iter().flatten().count(), 1, "one of two has it");
    assert!(db.due_export_deliveries(NOW, 10).await.unwrap().is_empty(), "nobody else is sent for it");
    db.note_file_delivered(tenant, delivery, 1, true, NOW).await.unwrap();
    // The process that had claimed it was killed. When its claim ends, the next one continues after the first file.
    let later = NOW + Duration::minutes(7);
    let again = db.take_export_delivery(tenant, delivery, later).await.unwrap().unwrap();
    assert_eq!((again.files_done, again.attempt), (1, 2));
    let at = later + Duration::minutes(1);
    db.end_export_delivery(tenant, delivery, Some((&refused, Some(at))), Language::En, later).await.unwrap();
    assert!(db.take_export_delivery(tenant, delivery, later).await.unwrap().is_none(), "not before its time");
    let stranger = TenantId(Uuid::now_v7());
    assert!(db.take_export_delivery(stranger, delivery, at).await.unwrap().is_none());
    assert!(db.deliver_export(tenant, id, to, &stamp(at)).await.is_err(), "one is under way");
    assert_eq!(db.take_export_delivery(tenant, delivery, at).await.unwrap().unwrap().attempt, 3);
    for _ in 0..2 {
        db.end_export_delivery(tenant, delivery, Some((&refused, None)), Language::En, at).await.unwrap();
    }
    let shown = &db.export_deliveries(tenant, id).await.unwrap()[0];
    assert_eq!((shown.status.as_str(), shown.files_done), ("failed", 1));
    let mut tx = begin(&pool, tenant).await.unwrap();
    let events = sqlx::query_scalar::<_, Value>("select detail from outbox where kind = 'ExportDeliveryFailed'");
    let events = events.fetch_all(&mut *tx).await.unwrap();
    assert_eq!(events.len(), 1, "the failure is announced once");
    assert_eq!(events[0]["job_id"], json!(id));
    drop(tx);
    assert_ne!(db.deliver_export(tenant, id, to, &stamp(at)).await.unwrap(), delivery, "asked for, it begins anew");
    let expired = stamp(NOW + Duration::days(31));
    assert!(db.deliver_export(tenant, id, to, &expired).await.unwrap_err().to_string().contains("30 days"));
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_changed_counts_from_the_last_completed_run(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (ImportsDb::over(pool(options).await), TenantId(Uuid::now_v7()));
    let new = NewSchedule {
        name: "Nightly".into(),
        definition: json!({ "layout": "products" }),
        schedule: None,
        time_zone: "Europe/Paris".into(),
        enabled: true,
        only_changed: true,
        next_run_at: Some(NOW),
    };
    let id = Uuid::now_v7();
    let schedule = db.put_schedule(tenant, id, true, &new, &stamp(NOW)).await.unwrap();
    assert_eq!(db.due_schedules(NOW, 10).await.unwrap(), [(tenant, id)]);
    let tomorrow = NOW + Duration::days(1);
    for _ in 0..2 {
        // The second tick saw what the first one saw, and moves nothing.
        db.claim_schedule(tenant, &schedule, Some(tomorrow), NOW).await.unwrap();
    }
    assert!(db.due_schedules(NOW, 10).await.unwrap().is_empty());
    let moved = db.export_schedule(tenant, id).await.unwrap();
    assert_eq!((moved.next_run_at, moved.last_run_at), (Some(tomorrow), Some(NOW)));

    let options = json!({ "layout": "products" });
    let exported_to = async || db.exported_to(tenant, id, &options).await.unwrap();
    assert_eq!(exported_to().await, None, "the first run is a whole one");
    let run = async || begun(&db, tenant, Some(id), Vec::new(), NOW).await;
    let (first, second) = (run().await, run().await);
    db.complete_export(tenant, second, 1, &result(20), Language::En, NOW).await.unwrap();
    db.complete_export(tenant, first, 1, &result(10), Language::En, NOW).await.unwrap();
    assert_eq!(exported_to().await, Some(20), "a run that was overtaken takes nothing back");
    let failed = run().await;
    db.fail_export(tenant, failed, "export_failed", "it failed", NOW).await.unwrap();
    assert!(db.complete_export(tenant, failed, 1, &result(30), Language::En, NOW).await.unwrap().is_empty());
    assert_eq!(exported_to().await, Some(20), "nor does a failed one count");
    let others = json!({ "layout": "shopify" });
    assert_eq!(
        db.exported_to(tenant, id, &others).await.unwrap(),
        None,
        "a run by other options says nothing of these"
    );
    let by_hand = begun(&db, tenant, None, Vec::new(), NOW).await;
    db.complete_export(tenant, by_hand, 1, &result(60), Language::En, NOW).await.unwrap();
    assert_eq!(exported_to().await, Some(20), "nor does an export that is not the schedule's");
    let stranger = TenantId(Uuid::now_v7());
    assert_eq!(db.exported_to(stranger, id, &options).await.unwrap(), None);
    let change = stamp(NOW + Duration::minutes(1));
    assert!(db.put_schedule(tenant, Uuid::now_v7(), true, &new, &change).await.is_err(), "the name is taken");
    assert!(db.put_schedule(stranger, id, false, &new, &change).await.is_err(), "it is not theirs");
    assert!(db.put_schedule(stranger, Uuid::now_v7(), true, &new, &change).await.is_ok());
}
