//! Transactions that see the rows of a person; those of an organisation begin with [`db_tenancy::begin`].

use db_tenancy::{TenantTx, begin, error};
use runtime::{Result, TenantId};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

/// Begins a transaction that sees the account, links, sessions and memberships of one person.
pub(crate) async fn person_tx(pool: &PgPool, user: Uuid) -> Result<TenantTx> {
    // No organisation has the nil id.
    let mut tx = begin(pool, TenantId(Uuid::nil())).await?;
    name_person(&mut tx, user).await?;
    Ok(tx)
}

/// Begins a transaction that sees the account with this address.
pub(crate) async fn named_account(pool: &PgPool, email: &str) -> Result<TenantTx> {
    let mut tx = begin(pool, TenantId(Uuid::nil())).await?;
    sqlx::query!("select set_config('app.email', $1, true)", email).fetch_one(&mut *tx).await.map_err(error)?;
    Ok(tx)
}

/// Lets a transaction see the rows of a person.
pub(crate) async fn name_person(tx: &mut TenantTx, user: Uuid) -> Result<()> {
    set(tx, "user_id", user).await
}

/// Lets a transaction see the rows of this organisation, instead of those of another one.
pub(crate) async fn name_tenant(tx: &mut TenantTx, tenant: TenantId) -> Result<()> {
    set(tx, "tenant_id", tenant.0).await
}

/// Lets a transaction see a mail.
pub(crate) async fn name_mail(tx: &mut TenantTx, mail: Uuid) -> Result<()> {
    set(tx, "mail_id", mail).await
}

async fn set(tx: &mut TenantTx, name: &str, id: Uuid) -> Result<()> {
    // A UUID's text needs no quoting.
    sqlx::query(AssertSqlSafe(format!("set local app.{name} = '{id}'"))).execute(&mut **tx).await.map_err(error)?;
    Ok(())
}
