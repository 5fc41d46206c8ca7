//! Row-level security, proved as the role that a function has: a superuser would prove nothing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use db_core::{CoreDb, MIGRATOR, NewOrganisation};
use db_tenancy::{Database, Stamp, begin};
use runtime::{App, Env, TenantId};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgPool};
use uuid::Uuid;

async fn as_role(options: PgConnectOptions, role: &str) -> PgPool {
    PgPool::connect_with(options.options([("role", role)])).await.unwrap()
}

fn stamp() -> Stamp {
    Stamp::of_job(&App::new(Env::default()).cx("a-test"), "a test")
}

async fn organisation(db: &CoreDb, email: &str) -> TenantId {
    let tenant = TenantId(Uuid::now_v7());
    let new = NewOrganisation { tenant, name: "Org", user: Uuid::now_v7(), email, password_hash: "x", locale: "en" };
    db.sign_up(&new, &stamp()).await.unwrap();
    tenant
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_query_that_forgets_the_tenant_returns_nothing(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = as_role(options, "pm_identity").await;
    let db = CoreDb::over(pool.clone());
    let first = organisation(&db, "a@x.example").await;
    organisation(&db, "b@x.example").await;

    let tables = [
        "tenants",
        "users",
        "memberships",
        "sessions",
        "refresh_tokens",
        "roles",
        "invitations",
        "api_keys",
        "audit_log",
        "settings",
        "one_time_links",
        "recovery_codes",
        "mails",
        "notifications",
        "notification_reads",
        "notification_preferences",
        "notification_mails",
        "webhooks",
        "webhook_deliveries",
    ];
    for table in tables {
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(count, 0, "{table} without a tenant");
    }
    let mut tx = begin(&pool, first).await.unwrap();
    let names: i64 = sqlx::query_scalar("select count(*) from tenants").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(names, 1, "with a tenant, only its own rows");
    tx.commit().await.unwrap();
    let after: i64 = sqlx::query_scalar("select count(*) from tenants").fetch_one(&pool).await.unwrap();
    assert_eq!(after, 0, "the tenant ends with its transaction");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_row_of_another_tenant_can_be_neither_written_nor_changed(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = as_role(options, "pm_identity").await;
    let db = CoreDb::over(pool.clone());
    let (first, second) = (organisation(&db, "a@x.example").await, organisation(&db, "b@x.example").await);
    let mut tx = begin(&pool, first).await.unwrap();
    let written = sqlx::query("insert into tenants (tenant_id, name) values ($1, 'stolen')")
        .bind(Uuid::now_v7())
        .execute(&mut *tx)
        .await;
    assert!(written.unwrap_err().to_string().contains("row-level security"));
    let mut tx = begin(&pool, first).await.unwrap();
    let ended = sqlx::query("update sessions set ended_at = now() where tenant_id = $1")
        .bind(second.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    assert_eq!(ended.rows_affected(), 0);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_functions_role_cannot_turn_row_level_security_off(_: PgPoolOptions, options: PgConnectOptions) {
    let pool = as_role(options, "pm_identity").await;
    organisation(&CoreDb::over(pool.clone()), "a@x.example").await;
    for forbidden in [
        "alter table tenants disable row level security",
        "alter table tenants no force row level security",
        "drop policy own_tenant on tenants",
        "create policy all_of_it on tenants using (true)",
        "delete from tenants",
        "truncate tenants",
    ] {
        assert!(pool.execute(forbidden).await.is_err(), "{forbidden}");
    }
    // Asked to leave policies aside, PostgreSQL refuses the query instead of answering it.
    let mut connection = pool.acquire().await.unwrap();
    connection.execute("set row_security = off").await.unwrap();
    assert!(connection.execute("select * from tenants").await.is_err());
    let bypasses: bool =
        sqlx::query_scalar("select rolbypassrls or rolsuper from pg_roles where rolname = current_user")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(!bypasses);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_address_is_taken_once(_: PgPoolOptions, options: PgConnectOptions) {
    let db = CoreDb::over(as_role(options, "pm_identity").await);
    let tenant = organisation(&db, "a@x.example").await;
    let account = db.account("a@x.example").await.unwrap().unwrap();
    assert_eq!(account.organisations, [tenant]);
    assert!(db.account("b@x.example").await.unwrap().is_none());
    let again = NewOrganisation {
        tenant: TenantId(Uuid::now_v7()),
        name: "Two",
        user: Uuid::now_v7(),
        email: "a@x.example",
        password_hash: "x",
        locale: "en",
    };
    db.sign_up(&again, &stamp()).await.expect("whoever asks is told the same");
    let account = db.account("a@x.example").await.unwrap().unwrap();
    assert_eq!(account.organisations, [tenant], "and nothing was made");
}
