//! What the seven databases have in common: how a function connects, how a transaction sets its tenant, and how a
//! violated constraint becomes an error that people understand.
//!
//! A function connects with the role of its domain, which owns nothing and cannot bypass row-level security. The tenant
//! is set for one transaction only, so that a pooled connection (RDS Proxy) carries nothing over to the next
//! transaction.

mod audit;
mod connect;

pub use audit::{AuditEntry, AuditFilter, Change, Stamp, entries as audit_entries, record as record_change};
pub use connect::{Database, connect, options};
use std::time::Duration;

use runtime::{Error, Result, TenantId};
#[doc(hidden)]
pub use sqlx;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};

/// A transaction that sees only one tenant's rows.
pub type TenantTx = Transaction<'static, Postgres>;

/// Begins a transaction for `tenant`, in one round trip.
///
/// # Errors
/// 503 if the database does not answer.
pub async fn begin(pool: &PgPool, tenant: TenantId) -> Result<TenantTx> {
    // `begin` takes no parameters, and the text of a UUID needs no quoting. The time limits are there because a
    // function that Lambda stops in the middle of a transaction must not hold its locks for long.
    let statement = format!(
        "begin; set local app.tenant_id = '{tenant}'; set local lock_timeout = '10s'; \
         set local statement_timeout = '60s'; set local idle_in_transaction_session_timeout = '30s'"
    );
    await_returned(pool).await;
    pool.begin_with(AssertSqlSafe(statement)).await.map_err(error)
}

/// Waits up to 3 ms for a connection that is on its way back to the pool.
///
/// sqlx checks a connection before it is idle again. A function that uses a database twice in a row would find no idle one in
/// that time and open another, which takes five round trips and a password check instead of one round trip.
async fn await_returned(pool: &PgPool) {
    for _ in 0..3 {
        if pool.num_idle() > 0 || pool.size() == 0 || pool.size() >= pool.options().get_max_connections() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Returns the error of a statement whose failure was not expected.
#[must_use]
pub fn error(error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|database| database.code()).unwrap_or_default().into_owned();
    match error {
        // A text that PostgreSQL cannot store, in a value that was not checked before.
        _ if matches!(code.as_str(), "22021" | "22P05") => {
            Error::invalid("body", "invalid", messages::runtime::control_character())
        }
        // 55P03: lock timeout; 57014: statement timeout; 40P01: deadlock.
        _ if matches!(code.as_str(), "55P03" | "57014" | "40P01") => Error::Unavailable(messages::things::database()),
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => Error::Unavailable(messages::things::database()),
        // Class 42: a missing permission, a statement that is wrong. It fails again until somebody repairs it.
        other if code.starts_with("42") => Error::Fault(Box::new(other)),
        other => Error::internal(other),
    }
}

/// Returns `meant` if `failed` violated the constraint `name`, otherwise the error of the failure itself.
#[must_use]
pub fn on_constraint(failed: sqlx::Error, name: &str, meant: impl FnOnce() -> Error) -> Error {
    let violated = failed.as_database_error().and_then(|database| database.constraint()) == Some(name);
    if violated { meant() } else { error(failed) }
}

/// Returns whether a retry of the whole transaction can help: after a deadlock (40P01), a serialisation failure
/// (40001), or a row that another transaction inserted first (23505).
#[must_use]
pub fn is_race(failed: &sqlx::Error) -> bool {
    let code = failed.as_database_error().and_then(|database| database.code());
    matches!(code.as_deref(), Some("40P01" | "40001" | "23505"))
}

/// Declares a database: a newtype over its pool, opened through [`runtime::Cx::get`], and its migrations.
///
/// ```ignore
/// database!(/** The catalogue. */ CatalogDb, "db_catalog", "../../../migrations/catalog");
/// ```
#[macro_export]
macro_rules! database {
    ($(#[$doc:meta])* $name:ident, $database:literal, $migrations:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            pool: $crate::sqlx::PgPool,
        }

        /// The database's migrations, in their order.
        pub static MIGRATOR: $crate::sqlx::migrate::Migrator = $crate::sqlx::migrate!($migrations);

        impl $crate::Database for $name {
            const NAME: &'static str = $database;

            fn over(pool: $crate::sqlx::PgPool) -> Self {
                Self { pool }
            }

            fn pool(&self) -> &$crate::sqlx::PgPool {
                &self.pool
            }
        }

        impl ::runtime::Resource for $name {
            async fn open(cx: &::runtime::Cx) -> ::runtime::Result<Self> {
                Ok(<Self as $crate::Database>::over($crate::connect(cx, $database).await?))
            }
        }
    };
}
