//! Links that are sent by mail: each proves an address, for a time and once.

use db_tenancy::{Change, Stamp, TenantTx, error, on_constraint};
use runtime::{Error, Result};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::CoreDb;
use crate::context::person_tx;
use crate::people::accounts::{email_of, record_everywhere, set_password};

/// What a link that was sent by mail is for.
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

    /// How long the link is good for: the address of a new account a day, the others an hour, as the FAQ says.
    #[must_use]
    pub const fn lifetime(self) -> Duration {
        match self {
            LinkPurpose::VerifyEmail => Duration::hours(24),
            LinkPurpose::ResetPassword | LinkPurpose::ChangeEmail => Duration::hours(1),
        }
    }
}

const LINK_SPENT: Error = Error::Unauthenticated {
    code: "link_invalid",
    message: "this link is not valid any more: it was used, it is too old, or a newer one was sent; ask for a new one",
};

impl CoreDb {
    /// Stores a link that is about to be sent; earlier ones for the same purpose are good no more.
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

    /// The address that a link was sent to, while it is good, without using it up.
    ///
    /// # Errors
    /// 401 when the link is not good.
    pub async fn link_address(
        &self,
        user: Uuid,
        purpose: LinkPurpose,
        hash: [u8; 32],
        now: OffsetDateTime,
    ) -> Result<String> {
        let mut tx = person_tx(&self.pool, user).await?;
        // Rolled back.
        use_link(&mut tx, user, purpose, hash, now).await
    }

    /// Proves the address of an account by the link that was sent to it.
    ///
    /// # Errors
    /// 401 when the link is not good.
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

    /// Sets a new password by the link that was sent; every session ends. The link proves the address as well. Gives
    /// the mail that tells of it.
    ///
    /// # Errors
    /// 401 when the link is not good.
    pub async fn reset_password(
        &self,
        user: Uuid,
        hash: [u8; 32],
        password_hash: &str,
        stamp: impl FnOnce(&str) -> Stamp,
    ) -> Result<Uuid> {
        let mut tx = person_tx(&self.pool, user).await?;
        let email = email_of(&mut tx, user).await?.ok_or(LINK_SPENT)?;
        let stamp = stamp(&email);
        // A link that went to an address the account has given up proves nothing.
        if use_link(&mut tx, user, LinkPurpose::ResetPassword, hash, stamp.at).await? != email {
            return Err(LINK_SPENT);
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

    /// Gives an account a new address by the link that was sent to it; gives the old one.
    ///
    /// # Errors
    /// 401 when the link is not good, 409 when the address belongs to another account meanwhile.
    pub async fn change_email(&self, user: Uuid, hash: [u8; 32], stamp: impl FnOnce(&str) -> Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        let old = email_of(&mut tx, user).await?.ok_or(LINK_SPENT)?;
        let stamp = stamp(&old);
        let email = use_link(&mut tx, user, LinkPurpose::ChangeEmail, hash, stamp.at).await?;
        sqlx::query!("update users set email = $2, email_verified_at = $3 where user_id = $1", user, email, stamp.at)
            .execute(&mut *tx)
            .await
            .map_err(|failed| {
                on_constraint(failed, "users_email_key", || Error::Conflict {
                    code: "email_taken",
                    message: "another account has this address; use another one".to_owned(),
                })
            })?;
        // Links that went to the old address are good no more.
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

/// Uses a link up; gives the address it was sent to.
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
    .ok_or(LINK_SPENT)
}
