//! Organisations and the people in them.

use db_tenancy::{error, on_constraint};
use runtime::{Error, Result, Role, TenantId};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;

/// An organisation that signs up with its first user.
pub struct NewOrganisation<'a> {
    /// The organisation's id.
    pub tenant: TenantId,
    /// Its name.
    pub name: &'a str,
    /// The first user's id.
    pub user: Uuid,
    /// The first user's address, in lower case.
    pub email: &'a str,
    /// The argon2id hash of the password.
    pub password_hash: &'a str,
    /// When.
    pub now: OffsetDateTime,
}

/// A person, as the login sees them.
pub struct Account {
    /// The id.
    pub user: Uuid,
    /// The argon2id hash of the password.
    pub password_hash: String,
    /// The organisations, the first joined first, with the role in each.
    pub memberships: Vec<(TenantId, Role)>,
}

impl CoreDb {
    /// Makes an organisation with its first user, who owns it.
    ///
    /// # Errors
    /// 409 when the address is taken.
    pub async fn sign_up(&self, new: &NewOrganisation<'_>) -> Result<()> {
        let mut tx = db_tenancy::begin(&self.pool, new.tenant).await?;
        name_account(&mut tx, new.user, new.email).await?;
        sqlx::query!(
            "insert into tenants (tenant_id, name, created_at) values ($1, $2, $3)",
            new.tenant.0,
            new.name,
            new.now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "insert into users (user_id, email, password_hash, created_at) values ($1, $2, $3, $4)",
            new.user,
            new.email,
            new.password_hash,
            new.now
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| {
            on_constraint(failed, "users_email_key", || Error::Conflict {
                code: "email_taken",
                message: "there is an account with this e-mail address; log in, or use another address".to_owned(),
            })
        })?;
        sqlx::query!(
            "insert into memberships (tenant_id, user_id, role, created_at) values ($1, $2, $3, $4)",
            new.tenant.0,
            new.user,
            Role::SuperAdmin.as_str(),
            new.now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// The account with this address, in lower case.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account(&self, email: &str) -> Result<Option<Account>> {
        let mut tx = self.pool.begin().await.map_err(error)?;
        sqlx::query!("select set_config('app.email', $1, true)", email).fetch_one(&mut *tx).await.map_err(error)?;
        let found = sqlx::query!("select user_id, password_hash from users where email = $1", email)
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?;
        let Some(found) = found else { return Ok(None) };
        name_account(&mut tx, found.user_id, email).await?;
        let memberships = sqlx::query!(
            "select tenant_id, role from memberships where user_id = $1 order by created_at, tenant_id",
            found.user_id
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
        let memberships = memberships
            .into_iter()
            .filter_map(|membership| Some((TenantId(membership.tenant_id), Role::named(&membership.role)?)))
            .collect();
        Ok(Some(Account { user: found.user_id, password_hash: found.password_hash, memberships }))
    }
}

/// Lets this transaction see one account.
async fn name_account(tx: &mut Transaction<'static, Postgres>, user: Uuid, email: &str) -> Result<()> {
    sqlx::query(AssertSqlSafe(format!("set local app.user_id = '{user}'"))).execute(&mut **tx).await.map_err(error)?;
    sqlx::query!("select set_config('app.email', $1, true)", email).fetch_one(&mut **tx).await.map_err(error)?;
    Ok(())
}
