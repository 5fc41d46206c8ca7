//! The Ed25519 keys that sign access tokens.

use db_tenancy::error;
use runtime::Result;
use uuid::Uuid;

use crate::CoreDb;

/// A key by which tokens are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its id, the `kid` of the tokens it signs.
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
}

impl CoreDb {
    /// The keys by which tokens are checked, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>> {
        sqlx::query_as!(SigningKey, "select key_id as id, public_key as public from signing_keys order by key_id desc")
            .fetch_all(&self.pool)
            .await
            .map_err(error)
    }

    /// The newest key, which signs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn newest_signing_key(&self) -> Result<Option<StoredSigningKey>> {
        sqlx::query_as!(
            StoredSigningKey,
            "select key_id as id, private_key_encrypted as private_encrypted from signing_keys order by key_id desc limit 1"
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(error)
    }

    /// Adds a key, unless another process has just added one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_first_signing_key(&self, key: &SigningKey, private_encrypted: &[u8]) -> Result<()> {
        sqlx::query!(
            "insert into signing_keys (key_id, public_key, private_key_encrypted)
             select $1, $2, $3 where not exists (select from signing_keys)",
            key.id,
            key.public,
            private_encrypted
        )
        .execute(&self.pool)
        .await
        .map_err(error)?;
        Ok(())
    }
}
