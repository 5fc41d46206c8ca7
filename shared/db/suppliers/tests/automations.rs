//! Looks of automations, as the role that makes them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use db_suppliers::{MIGRATOR, NewAutomation, RunEnd, SuppliersDb};
use db_tenancy::{Database, Stamp};
use futures::future::join_all;
use runtime::{App, Env, TenantId};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::OffsetDateTime;
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

struct Test {
    db: SuppliersDb,
    tenant: TenantId,
    id: Uuid,
}

impl Test {
    async fn new(options: PgConnectOptions) -> Self {
        let pool = PgPool::connect_with(options.options([("role", "pm_imports")])).await.unwrap();
        let db = SuppliersDb::over(pool);
        let (tenant, id) = (TenantId(Uuid::now_v7()), Uuid::now_v7());
        let stamp = Stamp::of_job(&App::new(Env::default()).cx("test"), "a test");
        let new = NewAutomation {
            supplier_id: db.supplier_named(tenant, "Nord", &stamp).await.unwrap().id,
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
        };
        db.put_automation(tenant, (id, Some("token")), &new, &stamp).await.unwrap();
        Self { db, tenant, id }
    }

    /// What a message does that is delivered while another of the same look is under way.
    async fn look(&self, run: Uuid, status: &'static str) -> bool {
        self.db.begin_automation_run(self.tenant, self.id, run, "arrival", NOW).await.unwrap();
        let end = RunEnd { status, message: "", imports: &[], state: None };
        self.db.end_automation_run(self.tenant, self.id, run, &end, NOW).await.unwrap()
    }

    async fn failures(&self) -> (i32, bool) {
        let automation = self.db.automation(self.tenant, self.id).await.unwrap();
        (automation.failures, automation.enabled)
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn messages_of_one_look_at_once_end_it_once(_: PgPoolOptions, options: PgConnectOptions) {
    let test = Test::new(options).await;
    for number in 1..=20 {
        let run = Uuid::now_v7();
        let paused = join_all((0..6).map(|_| test.look(run, if number <= 2 { "failed" } else { "nothing_new" }))).await;
        assert!(paused.iter().all(|paused| !paused));
        assert_eq!(test.failures().await, (if number <= 2 { number } else { 0 }, true));
    }
}
