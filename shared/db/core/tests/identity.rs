//! Sessions, links and members, with the database roles that functions have.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use db_core::{CoreDb, LinkPurpose, MIGRATOR, NewOrganisation, NewSession};
use db_tenancy::{AuditFilter, Database, Stamp};
use runtime::{App, Env, TenantId};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = time::macros::datetime!(2026-11-21 12:00 UTC);
const EMAIL: &str = "marie@shop.example";

async fn as_role(options: &PgConnectOptions, role: &str) -> PgPool {
    PgPool::connect_with(options.clone().options([("role", role)])).await.unwrap()
}

/// An organisation with its owner and a session.
struct House {
    identity: CoreDb,
    tenant: TenantId,
    user: Uuid,
    session: Uuid,
}

fn stamp() -> Stamp {
    Stamp::of_job(&App::new(Env::default()).cx("a-test"), "a test")
}

impl House {
    async fn new(options: &PgConnectOptions) -> Self {
        let identity = CoreDb::over(as_role(options, "pm_identity").await);
        let (tenant, user, session) = (TenantId(Uuid::now_v7()), Uuid::now_v7(), Uuid::now_v7());
        let new = NewOrganisation { tenant, name: "House", user, email: EMAIL, password_hash: "hash", locale: "en" };
        identity.sign_up(&new, &stamp()).await.unwrap();
        let session_of = NewSession {
            tenant,
            session,
            user,
            token_hash: [1; 32],
            remembered: false,
            user_agent: None,
            address: None,
            expires_at: NOW + Duration::days(7),
        };
        let mut login = stamp();
        login.at = NOW;
        assert!(identity.begin_session(&session_of, "hash", &login).await.unwrap());
        assert!(!identity.begin_session(&session_of, "an older hash", &login).await.unwrap());
        Self { identity, tenant, user, session }
    }

    /// Returns `true` if the session is valid at this moment.
    async fn is_open(&self, at: OffsetDateTime) -> bool {
        self.identity.session_caller(self.tenant, self.user, self.session, at).await.is_ok()
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_link_can_be_used_once_and_for_one_hour(_: PgPoolOptions, options: PgConnectOptions) {
    let house = House::new(&options).await;
    let reset = async |hash: [u8; 32], at: OffsetDateTime| {
        let mut stamp = stamp();
        stamp.at = at;
        house.identity.reset_password(house.user, hash, "new", |_| stamp).await.map(drop)
    };
    let send = async |hash| house.identity.add_link(house.user, LinkPurpose::ResetPassword, EMAIL, hash, NOW).await;
    send([1; 32]).await.unwrap();
    assert!(house.is_open(NOW).await);
    assert_eq!(reset([1; 32], NOW + Duration::hours(1)).await.unwrap_err().code(), "link_invalid", "too late");
    assert_eq!(reset([2; 32], NOW).await.unwrap_err().code(), "link_invalid", "unknown");
    reset([1; 32], NOW + Duration::minutes(59)).await.unwrap();
    assert_eq!(reset([1; 32], NOW).await.unwrap_err().code(), "link_invalid", "used");
    assert!(!house.is_open(NOW).await, "every session has ended");
    // A link for another purpose is not valid here.
    house.identity.add_link(house.user, LinkPurpose::VerifyEmail, EMAIL, [3; 32], NOW).await.unwrap();
    assert_eq!(reset([3; 32], NOW).await.unwrap_err().code(), "link_invalid");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn of_two_super_admins_who_leave_at_once_one_stays(_: PgPoolOptions, options: PgConnectOptions) {
    let house = House::new(&options).await;
    let other = Uuid::now_v7();
    let new = NewOrganisation {
        tenant: TenantId(Uuid::now_v7()),
        name: "Elsewhere",
        user: other,
        email: "paul@shop.example",
        password_hash: "hash",
        locale: "en",
    };
    house.identity.sign_up(&new, &stamp()).await.unwrap();
    let mut owner = sqlx::PgConnection::connect_with(&options).await.unwrap();
    owner.execute(sqlx::AssertSqlSafe(format!("set app.tenant_id = '{}'", house.tenant))).await.unwrap();
    let join = format!(
        "insert into memberships (tenant_id, user_id, role) values ('{}', '{other}', 'super_admin')",
        house.tenant
    );
    owner.execute(sqlx::AssertSqlSafe(join)).await.unwrap();
    let (db, stamp) = (&house.identity, stamp());
    let (left, right) = tokio::join!(db.leave(house.tenant, house.user, &stamp), db.leave(house.tenant, other, &stamp));
    let outcomes = [left.map_err(|error| error.code()), right.map_err(|error| error.code())];
    assert!(outcomes.contains(&Ok(())) && outcomes.contains(&Err("last_super_admin")), "{outcomes:?}");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_one_time_code_is_accepted_once_even_in_parallel(_: PgPoolOptions, options: PgConnectOptions) {
    let house = House::new(&options).await;
    let take = || house.identity.take_step(house.user, 59_000_000);
    let (first, second, third) = tokio::join!(take(), take(), take());
    let accepted = [first, second, third].into_iter().filter(|accepted| *accepted.as_ref().unwrap()).count();
    assert_eq!(accepted, 1);
    assert!(!house.identity.take_step(house.user, 58_999_999).await.unwrap(), "nor an earlier one afterwards");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn no_function_can_change_or_delete_the_audit_trail(_: PgPoolOptions, options: PgConnectOptions) {
    let house = House::new(&options).await;
    for role in ["pm_identity", "pm_settings", "pm_imports"] {
        let pool = as_role(&options, role).await;
        for statement in ["update audit_log set action = 'x'", "delete from audit_log", "truncate audit_log"] {
            let refused = pool.execute(statement).await.unwrap_err();
            let code =
                refused.as_database_error().and_then(|database| database.code()).unwrap_or_default().into_owned();
            assert_eq!(code, "42501", "{role}: {statement}: {refused}");
        }
    }
    let lines = async |tenant| {
        let all = AuditFilter::default();
        let trail = db_tenancy::audit_entries(house.identity.pool(), tenant, &all, None, 10);
        trail.await.unwrap().len()
    };
    assert!(lines(house.tenant).await > 0);
    assert_eq!(lines(TenantId(Uuid::now_v7())).await, 0, "another organisation's trail is not seen");
}
