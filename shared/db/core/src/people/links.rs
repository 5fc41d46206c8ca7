//! Links that are sent by mail: each one proves an address. It can be used once, for a limited time.

use db_tenancy::{Change, Stamp, TenantTx, error, on_constraint};
use messages::identity as say;
use runtime::{Error, Result};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::CoreDb;
use crate::context::person_tx;
use crate::people::accounts::{email_of, record_everywhere, set_password};

/// The purpose of a link that was sent by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Proves the address of a new account.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Proves a new address.
    ChangeEmail,
}

impl LinkPurpose {
    const fn as_str(self) -> &'static str {
        match self {
            LinkPurpose::VerifyEmail => "verify_email",
            LinkPurpose::ResetPassword => "reset_password",
            LinkPurpose::ChangeEmail => "change_email",
        }
    }

    /// Returns how long the link is valid: one day for the address of a new account, one hour for the others, as the
    /// FAQ says.
    #[must_use]
    pub const fn lifetime(self) -> Duration {
        match self {
            LinkPurpose::VerifyEmail => Duration::hours(24),
            LinkPurpose::ResetPassword | LinkPurpose::ChangeEmail => Duration::hours(1),
        }
    }
}

fn link_spent() -> Error {
    Error::Unauthenticated { code: "link_invalid", message: say::link_spent() }
}

impl CoreDb {
    /// Stores a link that is about to be sent; earlier links for the same purpose become invalid.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_link(
        &self,
        user: Uuid,
        purpose: LinkPurpose,
        email: &str,
        hash: [u8; 32],
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        sqlx::query!(
            "delete from one_time_links where user_id = $1 and purpose = $2 and used_at is null",
            user,
            purpose.as_str()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "insert into one_time_links (user_id, link_hash, purpose, email, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6)",
            user,
            &hash[..],
            purpose.as_str(),
            email,
            now,
            now + purpose.lifetime()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Returns the address to which a link was sent, while the link is valid. The link can still be used.
    ///
    /// # Errors
    /// 401 when the link is not valid.
    pub async fn link_address(
        &self,
        user: Uuid,
        purpose: LinkPurpose,
        hash: [u8; 32],
        now: OffsetDateTime,
    ) -> Result<String> {
        let mut tx = person_tx(&self.pool, user).await?;
        // The transaction is rolled back, so the link is not used up.
        use_link(&mut tx, user, purpose, hash, now).await
    }

    /// Confirms the address of an account with the link that was sent to it.
    ///
    /// # Errors
    /// 401 when the link is not valid.
    pub async fn verify_email(&self, user: Uuid, hash: [u8; 32], stamp: &Stamp) -> Result<()> {
        let (mut tx, now) = (person_tx(&self.pool, user).await?, stamp.at);
        let email = use_link(&mut tx, user, LinkPurpose::VerifyEmail, hash, now).await?;
        record_everywhere(&mut tx, user, stamp, &Change::new("account.email_verified", user)).await?;
        sqlx::query!(
            "update users set email_verified_at = coalesce(email_verified_at, $3) where user_id = $1 and email = $2",
            user,
            email,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Sets a new password with the link that was sent; every session ends. The link also proves the address. Returns
    /// the id of the mail about it.
    ///
    /// # Errors
    /// 401 when the link is not valid.
    pub async fn reset_password(
        &self,
        user: Uuid,
        hash: [u8; 32],
        password_hash: &str,
        stamp: impl FnOnce(&str) -> Stamp,
    ) -> Result<Uuid> {
        let mut tx = person_tx(&self.pool, user).await?;
        let email = email_of(&mut tx, user).await?.ok_or_else(link_spent)?;
        let stamp = stamp(&email);
        // A link that was sent to an earlier address of the account proves nothing.
        if use_link(&mut tx, user, LinkPurpose::ResetPassword, hash, stamp.at).await? != email {
            return Err(link_spent());
        }
        let mail = set_password(&mut tx, user, password_hash, None, &stamp).await?;
        sqlx::query!(
            "update users set email_verified_at = coalesce(email_verified_at, $2) where user_id = $1",
            user,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(mail)
    }

    /// Changes the address of an account with the link that was sent to the new address.
    ///
    /// # Errors
    /// 401 when the link is not valid, 409 when the address belongs to another account meanwhile.
    pub async fn change_email(&self, user: Uuid, hash: [u8; 32], stamp: impl FnOnce(&str) -> Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        let old = email_of(&mut tx, user).await?.ok_or_else(link_spent)?;
        let stamp = stamp(&old);
        let email = use_link(&mut tx, user, LinkPurpose::ChangeEmail, hash, stamp.at).await?;
        sqlx::query!("update users set email = $2, email_verified_at = $3 where user_id = $1", user, email, stamp.at)
            .execute(&mut *tx)
            .await
            .map_err(|failed| {
                on_constraint(failed, "users_email_key", || Error::Conflict {
                    code: "email_taken",
                    message: say::email_taken(),
                })
            })?;
        // Links that were sent to the old address become invalid.
        sqlx::query!("delete from one_time_links where user_id = $1 and used_at is null", user)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        let change =
            Change::new("account.email_changed", user).from(json!({ "email": old })).to(json!({ "email": email }));
        record_everywhere(&mut tx, user, &stamp, &change).await?;
        tx.commit().await.map_err(error)
    }
}

/// Uses up a link; returns the address to which it was sent.
async fn use_link(
    tx: &mut TenantTx,
    user: Uuid,
    purpose: LinkPurpose,
    hash: [u8; 32],
    now: OffsetDateTime,
) -> Result<String> {
    sqlx::query_scalar!(
        "update one_time_links set used_at = $4
         where user_id = $1 and link_hash = $2 and purpose = $3 and used_at is null and expires_at > $4
         returning email",
        user,
        &hash[..],
        purpose.as_str(),
        now
    )
    .fetch_optional(&mut **tx)
    .await
    .map_err(error)?
    .ok_or_else(link_spent)
}
