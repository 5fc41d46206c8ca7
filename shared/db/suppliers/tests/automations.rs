//! Runs of automations, with the role of the function that starts them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use db_suppliers::{AutomationState, MIGRATOR, NewAutomation, RunEnd, SuppliersDb};
use db_tenancy::{Database, Stamp};
use futures::future::join_all;
use runtime::{App, Env, TenantId};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::OffsetDateTime;
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn stamp() -> Stamp {
    Stamp::of_job(&App::new(Env::default()).cx("test"), "a test")
}

struct Test {
    db: SuppliersDb,
    tenant: TenantId,
    id: Uuid,
}

impl Test {
    async fn new(options: PgConnectOptions) -> Self {
        let pool = PgPool::connect_with(options.options([("role", "pm_imports")])).await.unwrap();
        let test = Self { db: SuppliersDb::over(pool), tenant: TenantId(Uuid::now_v7()), id: Uuid::now_v7() };
        let new = test.new_automation().await;
        test.db.put_automation(test.tenant, test.id, Some("token"), &new, &stamp()).await.unwrap();
        test
    }

    async fn new_automation(&self) -> NewAutomation {
        NewAutomation {
            supplier_id: self.db.supplier_named(self.tenant, "Nord", &stamp()).await.unwrap().id,
            name: "Daily".to_owned(),
            kind: "drop",
            source: json!({ "kind": "drop" }),
            secret: None,
            schedule: None,
            time_zone: "Europe/Paris".to_owned(),
            choices: json!({}),
            run: "apply",
            enabled: true,
            skip_unchanged: true,
            pause_after: 3,
            next_run_at: None,
            same_server: true,
        }
    }

    /// Handles a message that is delivered while another message of the same run is in progress.
    async fn run(&self, run: Uuid, status: &'static str) -> bool {
        self.db.begin_automation_run(self.tenant, self.id, run, "arrival", NOW).await.unwrap();
        let end = RunEnd { status, failed: Some(status == "failed"), message: "", imports: &[], state: None };
        self.db.end_automation_run(self.tenant, self.id, run, &end, NOW).await.unwrap()
    }

    async fn failures(&self) -> (i32, bool) {
        let automation = self.db.automation(self.tenant, self.id).await.unwrap();
        (automation.failures, automation.enabled)
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn messages_of_one_run_at_once_end_it_once(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    for number in 1..=20 {
        let run = Uuid::now_v7();
        let paused = join_all((0..6).map(|_| test.run(run, if number <= 2 { "failed" } else { "nothing_new" }))).await;
        assert!(paused.iter().all(|paused| !paused));
        assert_eq!(test.failures().await, (if number <= 2 { number } else { 0 }, true));
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_known_server_key_survives_other_changes(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let state =
        AutomationState { newest: Some(5), host_key: Some("SHA256:x".to_owned()), ..AutomationState::default() };
    let run = Uuid::now_v7();
    test.db.begin_automation_run(test.tenant, test.id, run, "schedule", NOW).await.unwrap();
    let end = RunEnd {
        status: "imported",
        failed: None,
        message: "",
        imports: &[],
        state: Some((&state, &json!({ "kind": "drop" }))),
    };
    test.db.end_automation_run(test.tenant, test.id, run, &end, NOW).await.unwrap();
    let put = async |pattern: &str, same_server| {
        let source = json!({ "kind": "drop", "pattern": pattern });
        let new = NewAutomation { source, same_server, ..test.new_automation().await };
        test.db.put_automation(test.tenant, test.id, None, &new, &stamp()).await.unwrap().state.0
    };
    assert_eq!(
        put("*.csv", true).await,
        AutomationState { host_key: state.host_key.clone(), ..AutomationState::default() }
    );
    assert_eq!(put("*.xlsx", false).await, AutomationState::default());
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn failed_imports_pause_an_automation_and_ignored_files_do_not_count(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let test = Test::new(options).await;
    for failures in 1..=2 {
        assert!(!test.db.count_import(test.tenant, test.id, Some("no header"), NOW).await.unwrap());
        // A run that finds nothing, or a file from a stranger, does not end a row of failures.
        let run = Uuid::now_v7();
        test.db.begin_automation_run(test.tenant, test.id, run, "arrival", NOW).await.unwrap();
        let failed = if failures == 1 { None } else { Some(false) };
        let left = RunEnd { status: "nothing_new", failed, message: "", imports: &[], state: None };
        assert!(!test.db.end_automation_run(test.tenant, test.id, run, &left, NOW).await.unwrap());
        assert_eq!(test.failures().await, (failures, true));
    }
    assert!(test.db.count_import(test.tenant, test.id, Some("no header"), NOW).await.unwrap(), "the third");
    assert_eq!(test.failures().await, (3, false));
    // The process that should announce the pause died: the pause is found until it is announced.
    let waiting = async || test.db.unannounced_pauses(10_000).await.unwrap().contains(&(test.tenant, test.id));
    assert!(waiting().await);
    let paused = test.db.automation(test.tenant, test.id).await.unwrap();
    assert_eq!(paused.paused_because.as_deref(), Some("no header"));
    test.db.pause_announced(test.tenant, test.id, paused.paused_at.unwrap()).await.unwrap();
    assert!(!waiting().await);
    test.db.count_import(test.tenant, test.id, None, NOW).await.unwrap();
    assert_eq!(test.failures().await.0, 0);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_failed_run_is_repeated_soon_and_a_killed_run_is_a_failure(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    let tomorrow = NOW + time::Duration::days(1);
    let scheduled = NewAutomation { next_run_at: Some(tomorrow), pause_after: 9, ..test.new_automation().await };
    test.db.put_automation(test.tenant, test.id, None, &scheduled, &stamp()).await.unwrap();
    let next = async || test.db.automation(test.tenant, test.id).await.unwrap().next_run_at;
    assert!(!test.run(Uuid::now_v7(), "failed").await);
    assert_eq!(next().await, Some(NOW + time::Duration::minutes(15)));
    for _ in 0..2 {
        test.run(Uuid::now_v7(), "failed").await;
    }
    test.db.put_automation(test.tenant, test.id, None, &scheduled, &stamp()).await.unwrap();
    for _ in 0..3 {
        test.db.count_import(test.tenant, test.id, Some("x"), NOW).await.unwrap();
    }
    test.run(Uuid::now_v7(), "failed").await;
    assert_eq!(next().await, Some(tomorrow), "after three failures the schedule counts");

    let (killed, later) = (Uuid::now_v7(), NOW + time::Duration::minutes(16));
    assert!(test.db.begin_automation_run(test.tenant, test.id, killed, "schedule", NOW).await.unwrap());
    assert!(!test.db.begin_automation_run(test.tenant, test.id, Uuid::now_v7(), "schedule", NOW).await.unwrap());
    assert!(test.db.begin_automation_run(test.tenant, test.id, Uuid::now_v7(), "schedule", later).await.unwrap());
    let runs = test.db.automation_runs(test.tenant, test.id, None, 20).await.unwrap().data;
    let ended = runs.iter().find(|run| run.id == killed).unwrap();
    assert_eq!(
        (ended.status.as_str(), ended.message.as_deref()),
        ("failed", Some("the run was interrupted before it could report a result"))
    );
    assert_eq!(test.failures().await.0, 5);

    // The state of one source is not stored for another source that replaced it meanwhile.
    let run = Uuid::now_v7();
    let state = AutomationState { host_key: Some("SHA256:old".to_owned()), ..AutomationState::default() };
    test.db.begin_automation_run(test.tenant, test.id, run, "arrival", later).await.unwrap();
    let source = json!({ "kind": "another" });
    let end = RunEnd { status: "imported", failed: None, message: "", imports: &[], state: Some((&state, &source)) };
    test.db.end_automation_run(test.tenant, test.id, run, &end, later).await.unwrap();
    assert_eq!(test.db.automation(test.tenant, test.id).await.unwrap().state.0, AutomationState::default());
    assert!(test.db.forget_automation_runs(later, 10_000).await.unwrap() > 0);
}
