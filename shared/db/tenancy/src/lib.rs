//! What the seven databases have in common: how a function connects, how a transaction carries its tenant, and how
//! a broken constraint becomes an error that people understand.
//!
//! A function connects as its domain's role, which owns nothing and cannot bypass row-level security. The tenant is
//! set for one transaction only, so that a pooled connection (RDS Proxy) carries nothing over to the next.

mod audit;
mod connect;

pub use audit::{AuditEntry, AuditFilter, Change, Stamp, entries as audit_entries, record as record_change};
pub use connect::{Database, connect, options};
use runtime::{Error, Result, TenantId};
#[doc(hidden)]
pub use sqlx;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};

/// A transaction in which only one tenant's rows exist.
pub type TenantTx = Transaction<'static, Postgres>;

/// Begins a transaction for `tenant`, in one round trip.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn begin(pool: &PgPool, tenant: TenantId) -> Result<TenantTx> {
    // A UUID's text needs no quoting; `begin` cannot take parameters. The limits: a function that Lambda stops in the
    // middle of a transaction must not hold its locks for long.
    let statement = format!(
        "begin; set local app.tenant_id = '{tenant}'; set local lock_timeout = '10s'; \
         set local statement_timeout = '60s'; set local idle_in_transaction_session_timeout = '30s'"
    );
    pool.begin_with(AssertSqlSafe(statement)).await.map_err(error)
}

/// The error that a failed statement is, when nobody expects it.
#[must_use]
pub fn error(error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|database| database.code()).unwrap_or_default().into_owned();
    match error {
        // A text that PostgreSQL cannot hold, in a value that nothing has looked into.
        _ if matches!(code.as_str(), "22021" | "22P05") => {
            Error::invalid("body", "invalid", "expected texts without NUL characters")
        }
        // 55P03: a lock was not had in time; 57014: the statement took too long; 40P01: two waited for each other.
        _ if matches!(code.as_str(), "55P03" | "57014" | "40P01") => Error::Unavailable("the database"),
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => Error::Unavailable("the database"),
        other => Error::internal(other),
    }
}

/// `meant`, when `failed` broke the constraint `name`; the failure itself otherwise.
#[must_use]
pub fn on_constraint(failed: sqlx::Error, name: &str, meant: impl FnOnce() -> Error) -> Error {
    let broke_it = failed.as_database_error().and_then(|database| database.constraint()) == Some(name);
    if broke_it { meant() } else { error(failed) }
}

/// Whether trying the whole transaction again can help: a deadlock (40P01), a serialisation failure (40001), or a
/// row that another transaction made first (23505).
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
