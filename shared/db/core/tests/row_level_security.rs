//! Row-level security, tested with the database role that a function has: a superuser would prove nothing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use db_core::{CoreDb, MIGRATOR, MailWish, NewNotice, NewOrganisation, NewWebhook};
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
    // With `row_security = off`, PostgreSQL refuses the query instead of ignoring the policies.
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
async fn an_address_has_one_account(_: PgPoolOptions, options: PgConnectOptions) {
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
    db.sign_up(&again, &stamp()).await.expect("the answer is the same for a known address");
    let account = db.account("a@x.example").await.unwrap().unwrap();
    assert_eq!(account.organisations, [tenant], "and nothing was created");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn notices_and_webhooks_stay_in_their_organisation(_: PgPoolOptions, options: PgConnectOptions) {
    let identity = CoreDb::over(as_role(options.clone(), "pm_identity").await);
    let (first, second) = (organisation(&identity, "a@x.example").await, organisation(&identity, "b@x.example").await);
    let user = identity.members(first, None, 1).await.unwrap().data[0].user;
    let pool = as_role(options, "pm_notifications").await;
    let db = CoreDb::over(pool.clone());
    let now = time::OffsetDateTime::UNIX_EPOCH;
    let notice = NewNotice {
        id: Uuid::now_v7(),
        event: "import.failed",
        kind: "error",
        texts: [("en", db_core::NoticeText { title: "Failed".into(), message: "why".into() })].into(),
        subject: serde_json::json!({}),
        by: Some(user),
        needs: runtime::Permission::ImportsRead,
    };
    assert_eq!(db.add_notice(first, &notice, |_| MailWish::Own, now).await.unwrap(), [user]);
    assert!(
        db.add_notice(first, &notice, |_| MailWish::All, now).await.unwrap().is_empty(),
        "the second time nobody gets a mail"
    );
    db.mark_read(first, user, None).await.unwrap();
    db.set_mail_wishes(first, user, &[("import.failed".to_owned(), MailWish::None)].into()).await.unwrap();
    let new = NewWebhook {
        url: "https://x.example".into(),
        description: None,
        events: vec!["import.failed".into()],
        active: true,
    };
    let hook = db.add_webhook(first, Uuid::now_v7(), &new, b"secret", &stamp()).await.unwrap();
    let deliveries = db.add_deliveries(first, notice.id, "import.failed", None, |_| String::new(), now).await.unwrap();
    assert_eq!(deliveries.len(), 1);
    let tables = [
        "notifications",
        "notification_reads",
        "notification_preferences",
        "notification_mails",
        "webhooks",
        "webhook_deliveries",
    ];
    for table in tables {
        let count = || sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let nobody: i64 = sqlx::query_scalar(count()).fetch_one(&pool).await.unwrap();
        let mut theirs = begin(&pool, second).await.unwrap();
        let others: i64 = sqlx::query_scalar(count()).fetch_one(&mut *theirs).await.unwrap();
        let mut ours = begin(&pool, first).await.unwrap();
        let own: i64 = sqlx::query_scalar(count()).fetch_one(&mut *ours).await.unwrap();
        assert_eq!((nobody, others, own), (0, 0, 1), "{table}");
    }
    assert!(
        db.webhook(second, hook.id).await.is_err()
            && db.take_delivery(second, deliveries[0], now).await.unwrap().is_none()
    );
    assert!(db.take_delivery(first, deliveries[0], now).await.unwrap().is_some());
    assert!(db.take_delivery(first, deliveries[0], now).await.unwrap().is_none(), "one try at a time");
}
