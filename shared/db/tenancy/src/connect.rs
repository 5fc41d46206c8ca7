//! Connects to a database with the settings of the environment.

use std::time::Duration;

use cloud::Secrets;
use runtime::{Cx, Error, Result};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{Connection, PgPool};

/// One of the seven databases.
pub trait Database {
    /// Its name, such as `db_catalog`.
    const NAME: &'static str;

    /// Creates the database over `pool`; tests pass a pool of their own.
    fn over(pool: PgPool) -> Self;

    /// Returns the pool.
    fn pool(&self) -> &PgPool;
}

/// Returns the options to connect to `database` with this function's role.
///
/// `DATABASE_HOST` and `DATABASE_PORT` (default: 5432) name the server. The login is in the secret `DATABASE_SECRETS` +
/// domain, such as `pm/production/db/imports`, or in `DATABASE_SECRET`. `DATABASE_SSL` is `verify-full` by default.
///
/// # Errors
/// If a setting is missing or the secret cannot be read.
pub async fn options(cx: &Cx, database: &str) -> Result<PgConnectOptions> {
    let env = cx.env();
    let secret = match env.optional("DATABASE_SECRET") {
        Some(secret) => secret.to_owned(),
        None => {
            let domain = env.text("_HANDLER")?.split('.').next().unwrap_or_default();
            format!("{}{domain}", env.text("DATABASE_SECRETS")?)
        }
    };
    let login = cx.get::<Secrets>().await?.database_login(&secret).await?;
    let ssl: PgSslMode = env.parsed("DATABASE_SSL", PgSslMode::VerifyFull)?;
    Ok(PgConnectOptions::new_without_pgpass()
        .host(env.text("DATABASE_HOST")?)
        .port(env.parsed("DATABASE_PORT", 5432)?)
        .username(&login.username)
        .password(&login.password)
        .database(database)
        .ssl_mode(ssl)
        .application_name(env.optional("AWS_LAMBDA_FUNCTION_NAME").unwrap_or("products-manager")))
}

/// For how long an idle connection is used without a check. Longer than an invocation waits between two statements, shorter
/// than Lambda pauses a process between two invocations.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Returns a pool for `database` with its first connection. It has few connections (`DATABASE_CONNECTIONS`, default: 4),
/// because a Lambda works on one event at a time, and there are many Lambdas.
///
/// # Errors
/// Those of [`options`]; 503 when the database does not answer.
pub async fn connect(cx: &Cx, database: &str) -> Result<PgPool> {
    let most = cx.env().parsed("DATABASE_CONNECTIONS", 4).map_err(Error::from)?;
    let options = options(cx, database).await?;
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(Duration::from_secs(120))
        // A check costs a round trip, so only connections that may have broken during a pause are checked.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(crate::error)
}
