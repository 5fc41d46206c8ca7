//! Creates databases and roles, and applies migrations, with the owner's login.
//!
//! Migrations are forward only, and expand before contract: while this runs, functions of the previous version use the
//! same tables. A database that is newer than this executable, as after a rollback, is left unchanged.

use cloud::Secrets;
use db_tenancy::{Database, options};
use runtime::{Cx, Error, Result};
use serde::Serialize;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::domains::DOMAINS;

/// The state after a migration.
#[derive(Serialize)]
pub struct Migrated {
    /// Each database and the number of its newest migration.
    pub databases: Vec<(&'static str, i64)>,
    /// The roles that can log in.
    pub roles: Vec<String>,
}

/// Creates missing databases and roles and applies new migrations. A second run changes nothing.
///
/// The name of the secret with a role's login is `DATABASE_SECRETS` followed by the domain's name.
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
    // Some statements contain a password: so statements are not logged.
    let quiet = options.clone().disable_statement_logging();
    PgConnection::connect_with(&quiet).await.map_err(db_tenancy::error)
}

async fn ensure_database(connection: &mut PgConnection, name: &str) -> Result<()> {
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut *connection)
        .await
        .map_err(db_tenancy::error)?;
    if !exists {
        let create = format!("create database {} encoding 'UTF8' template template0", quoted(name));
        sqlx::query(AssertSqlSafe(create)).execute(connection).await.map_err(db_tenancy::error)?;
    }
    Ok(())
}

/// Creates a role or sets its password. The role can log in, and nothing else until a migration grants it something.
async fn ensure_role(connection: &mut PgConnection, name: &str, password: &str) -> Result<()> {
    let exists: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(name)
        .fetch_one(&mut *connection)
        .await
        .map_err(db_tenancy::error)?;
    let verb = if exists { "alter" } else { "create" };
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
