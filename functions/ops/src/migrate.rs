//! Databases, roles and tables, made and brought up to date by the owner's login.
//!
//! Forward only, and expand before contract: while this runs, functions of the last version use the same tables. A
//! database that is newer than this executable, as after a rollback, is left as it is.

use cloud::Secrets;
use db_tenancy::{Database, options};
use runtime::{Cx, Error, Result};
use serde::Serialize;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::domains::DOMAINS;

/// What was done.
#[derive(Serialize)]
pub struct Migrated {
    /// Each database and the number of its newest migration.
    pub databases: Vec<(&'static str, i64)>,
    /// The roles that can log in.
    pub roles: Vec<String>,
}

/// Makes what is missing and applies what is new; run again, it changes nothing.
///
/// `DATABASE_SECRETS` and a domain's name are the name of the secret with its role's login.
pub async fn migrate(cx: Cx) -> Result<Migrated> {
    let mut maintenance = connect(&options(&cx, "postgres").await?).await?;
    let mut roles = Vec::new();
    let secrets = cx.get::<Secrets>().await?;
    for domain in DOMAINS {
        let login = secrets.database_login(&format!("{}{domain}", cx.env().text("DATABASE_SECRETS")?)).await?;
        ensure_role(&mut maintenance, &login.username, &login.password).await?;
        roles.push(login.username);
    }
    let mut databases = Vec::new();
    for (name, migrator) in migrators() {
        ensure_database(&mut maintenance, name).await?;
        let database = PgPoolOptions::new().max_connections(1).connect_lazy_with(options(&cx, name).await?);
        let mut pending = Migrator::with_migrations(migrator.iter().cloned().collect());
        pending.set_ignore_missing(true);
        pending.run(&database).await.map_err(Error::internal)?;
        database.close().await;
        let newest = migrator.iter().map(|migration| migration.version).max().unwrap_or_default();
        tracing::info!(database = name, version = newest, "migrated");
        databases.push((name, newest));
    }
    Ok(Migrated { databases, roles })
}

fn migrators() -> [(&'static str, &'static Migrator); 7] {
    [
        (db_core::CoreDb::NAME, &db_core::MIGRATOR),
        (db_catalog::CatalogDb::NAME, &db_catalog::MIGRATOR),
        (db_suppliers::SuppliersDb::NAME, &db_suppliers::MIGRATOR),
        (db_media::MediaDb::NAME, &db_media::MIGRATOR),
        (db_imports::ImportsDb::NAME, &db_imports::MIGRATOR),
        (db_analytics::AnalyticsDb::NAME, &db_analytics::MIGRATOR),
        (db_code2asin::Code2AsinDb::NAME, &db_code2asin::MIGRATOR),
    ]
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    // Statements that carry a password are not logged.
    let quiet = options.clone().disable_statement_logging();
    PgConnection::connect_with(&quiet).await.map_err(db_tenancy::error)
}

async fn ensure_database(connection: &mut PgConnection, name: &str) -> Result<()> {
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut *connection)
        .await
        .map_err(db_tenancy::error)?;
    if !there {
        let create = format!("create database {} encoding 'UTF8' template template0", quoted(name));
        sqlx::query(AssertSqlSafe(create)).execute(connection).await.map_err(db_tenancy::error)?;
    }
    Ok(())
}

/// A role that can log in and do nothing else until a migration grants it something.
async fn ensure_role(connection: &mut PgConnection, name: &str, password: &str) -> Result<()> {
    let there: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(name)
        .fetch_one(&mut *connection)
        .await
        .map_err(db_tenancy::error)?;
    let verb = if there { "alter" } else { "create" };
    let password = password.replace('\'', "''");
    let statement = format!("{verb} role {} login password '{password}'", quoted(name));
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await.map_err(|_| {
        // The database's message quotes the statement.
        Error::internal(format!("the role {name} could not be made; is the login in DATABASE_SECRET the owner's?"))
    })?;
    Ok(())
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
