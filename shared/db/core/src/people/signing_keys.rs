//! The Ed25519 keys that sign access tokens. The newest key signs. A key that was replaced is retired after its last
//! token has expired, so that a rotation logs nobody out.

use db_tenancy::error;
use runtime::Result;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;

/// A key that verifies tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its id, the `kid` of the tokens that it signs.
    pub id: Uuid,
    /// The public half, 32 bytes.
    pub public: Vec<u8>,
}

/// A key with its private half, encrypted.
pub struct StoredSigningKey {
    /// Its id.
    pub id: Uuid,
    /// The private half as PKCS #8, encrypted by KMS for the context `signing_key` = id.
    pub private_encrypted: Vec<u8>,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

impl CoreDb {
    /// Returns the keys that verify tokens at `now`, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn signing_keys(&self, now: OffsetDateTime) -> Result<Vec<SigningKey>> {
        sqlx::query_as!(
            SigningKey,
            "select key_id as id, public_key as public from signing_keys
             where retired_at is null or retired_at > $1 order by key_id desc",
            now
        )
        .fetch_all(&self.pool)
        .await
        .map_err(error)
    }

    /// Returns the newest key, which signs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn newest_signing_key(&self) -> Result<Option<StoredSigningKey>> {
        sqlx::query_as!(
            StoredSigningKey,
            "select key_id as id, private_key_encrypted as private_encrypted, created_at
             from signing_keys order by key_id desc limit 1"
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(error)
    }

    /// Adds a key; the older keys retire at `retire_at`. Returns `false`, and adds nothing, if `newest` is not the
    /// newest key any more, because another process has added one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_signing_key(
        &self,
        key: &SigningKey,
        private_encrypted: &[u8],
        newest: Option<Uuid>,
        now: OffsetDateTime,
        retire_at: OffsetDateTime,
    ) -> Result<bool> {
        let mut tx = self.pool.begin().await.map_err(error)?;
        // One process at a time, so that two of them do not find the same newest key.
        sqlx::query!("select pg_advisory_xact_lock(7236001)").execute(&mut *tx).await.map_err(error)?;
        let added = sqlx::query!(
            "insert into signing_keys (key_id, public_key, private_key_encrypted, created_at)
             select $1, $2, $3, $5
             where (select key_id from signing_keys order by key_id desc limit 1) is not distinct from $4::uuid",
            key.id,
            key.public,
            private_encrypted,
            newest,
            now
        );
        let added = added.execute(&mut *tx).await.map_err(error)?.rows_affected() == 1;
        if added {
            sqlx::query!(
                "update signing_keys set retired_at = $2 where key_id <> $1 and retired_at is null",
                key.id,
                retire_at
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        }
        tx.commit().await.map_err(error)?;
        Ok(added)
    }
}
