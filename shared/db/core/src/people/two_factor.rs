//! The second factor: a TOTP secret, encrypted by KMS, and recovery codes, stored as SHA-256.

use db_tenancy::{Change, Stamp, TenantTx, error};
use messages::identity as say;
use runtime::{Error, Result};
use uuid::Uuid;

use crate::CoreDb;
use crate::context::person_tx;
use crate::people::accounts::{email_of, record_everywhere};

/// The second factor of a person.
pub struct SecondFactor {
    /// The secret, encrypted.
    pub secret: Vec<u8>,
    /// Whether a first code has confirmed it.
    pub confirmed: bool,
}

impl CoreDb {
    /// Stores a new secret that is not confirmed yet; it replaces an earlier secret that was not confirmed.
    ///
    /// # Errors
    /// 409 when two-factor authentication is on already.
    pub async fn begin_two_factor(&self, user: Uuid, secret: &[u8]) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        let stored = sqlx::query!(
            "update users set totp_secret = $2, totp_last_step = 0 where user_id = $1 and totp_confirmed_at is null",
            user,
            secret
        );
        if stored.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::Conflict { code: "two_factor_on", message: say::two_factor_on() });
        }
        tx.commit().await.map_err(error)
    }

    /// Returns the second factor of a person, confirmed or not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn second_factor(&self, user: Uuid) -> Result<Option<SecondFactor>> {
        let mut tx = person_tx(&self.pool, user).await?;
        let found = sqlx::query!("select totp_secret, totp_confirmed_at from users where user_id = $1", user);
        let found = found.fetch_optional(&mut *tx).await.map_err(error)?;
        Ok(found.and_then(|found| {
            Some(SecondFactor { secret: found.totp_secret?, confirmed: found.totp_confirmed_at.is_some() })
        }))
    }

    /// Turns two-factor authentication on, with the hashes of the recovery codes; `step` is the time step of the first
    /// code.
    ///
    /// # Errors
    /// 409 when there is nothing to confirm.
    pub async fn confirm_two_factor(&self, user: Uuid, step: i64, codes: &[[u8; 32]], stamp: &Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        let confirmed = sqlx::query!(
            "update users set totp_confirmed_at = $2, totp_last_step = $3
             where user_id = $1 and totp_secret is not null and totp_confirmed_at is null and totp_last_step < $3",
            user,
            stamp.at,
            step
        );
        if confirmed.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::Conflict { code: "two_factor_not_begun", message: say::two_factor_not_begun() });
        }
        replace_codes(&mut tx, user, codes).await?;
        record_everywhere(&mut tx, user, stamp, &Change::new("account.two_factor_on", user)).await?;
        tx.commit().await.map_err(error)
    }

    /// Uses up the code of this time step. Returns `false` if a code of this step, or of a later one, was used before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_step(&self, user: Uuid, step: i64) -> Result<bool> {
        let mut tx = person_tx(&self.pool, user).await?;
        let updated =
            sqlx::query!("update users set totp_last_step = $2 where user_id = $1 and totp_last_step < $2", user, step);
        let accepted = updated.execute(&mut *tx).await.map_err(error)?.rows_affected() == 1;
        tx.commit().await.map_err(error)?;
        Ok(accepted)
    }

    /// Uses up a recovery code. Returns `false` if it is unknown or was used before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_recovery_code(
        &self,
        user: Uuid,
        hash: [u8; 32],
        stamp: impl FnOnce(&str) -> Stamp,
    ) -> Result<bool> {
        let mut tx = person_tx(&self.pool, user).await?;
        let Some(email) = email_of(&mut tx, user).await? else { return Ok(false) };
        let stamp = stamp(&email);
        let updated = sqlx::query!(
            "update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null",
            user,
            &hash[..],
            stamp.at
        );
        let accepted = updated.execute(&mut *tx).await.map_err(error)?.rows_affected() == 1;
        if accepted {
            record_everywhere(&mut tx, user, &stamp, &Change::new("account.recovery_code_used", user)).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(accepted)
    }

    /// Replaces all recovery codes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn renew_recovery_codes(&self, user: Uuid, codes: &[[u8; 32]], stamp: &Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        replace_codes(&mut tx, user, codes).await?;
        record_everywhere(&mut tx, user, stamp, &Change::new("account.recovery_codes_renewed", user)).await?;
        tx.commit().await.map_err(error)
    }

    /// Turns two-factor authentication off.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_two_factor(&self, user: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = person_tx(&self.pool, user).await?;
        sqlx::query!("update users set totp_secret = null, totp_confirmed_at = null where user_id = $1", user)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        replace_codes(&mut tx, user, &[]).await?;
        record_everywhere(&mut tx, user, stamp, &Change::new("account.two_factor_off", user)).await?;
        tx.commit().await.map_err(error)
    }
}

async fn replace_codes(tx: &mut TenantTx, user: Uuid, codes: &[[u8; 32]]) -> Result<()> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user).execute(&mut **tx).await.map_err(error)?;
    let codes: Vec<Vec<u8>> = codes.iter().map(|code| code.to_vec()).collect();
    sqlx::query!(
        "insert into recovery_codes (user_id, code_hash) select $1, code from unnest($2::bytea[]) as c(code)",
        user,
        &codes
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}
