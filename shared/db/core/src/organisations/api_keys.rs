//! API keys: they have a name and permissions, and are stored as SHA-256.

use db_tenancy::{Change, Stamp, begin, error, record_change};
use messages::{identity as say, things};
use runtime::{Cursor, Error, Page, PermissionSet, Result, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// The first characters of the key.
    pub prefix: String,
    /// Its permissions.
    pub permissions: PermissionSet,
    /// The addresses and networks from which it may be used; empty = all.
    pub allowed_addresses: Vec<String>,
    /// Who created it.
    pub created_by: Uuid,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// Until when it is valid.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<OffsetDateTime>,
    /// The address from which it was last used.
    pub last_used_address: Option<String>,
}

/// The most keys of an organisation.
const MOST: i64 = 100;

impl CoreDb {
    /// Returns the keys that are not revoked, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn api_keys(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<ApiKey>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select key_id, name, prefix, permissions, allowed_addresses, created_by, created_at, expires_at, last_used_at,
                    last_used_address
             from api_keys where tenant_id = $1 and revoked_at is null and ($2::uuid is null or key_id < $2)
             order by key_id desc limit $3",
            tenant.0,
            before,
            limit + 1
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        let keys = found
            .into_iter()
            .map(|row| ApiKey {
                id: row.key_id,
                name: row.name,
                prefix: row.prefix,
                permissions: PermissionSet::of_names(row.permissions),
                allowed_addresses: row.allowed_addresses,
                created_by: row.created_by,
                created_at: row.created_at,
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
                last_used_address: row.last_used_address,
            })
            .collect();
        Ok(Page::cut(keys, limit, |key| Cursor::Id(key.id)))
    }

    /// Adds a key.
    ///
    /// # Errors
    /// 409 when the organisation has 100 keys.
    pub async fn add_api_key(&self, tenant: TenantId, key: &ApiKey, hash: [u8; 32], stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let count = sqlx::query_scalar!(
            "select count(*) as \"count!\" from api_keys where tenant_id = $1 and revoked_at is null",
            tenant.0
        );
        if count.fetch_one(&mut *tx).await.map_err(error)? >= MOST {
            return Err(Error::Conflict { code: "too_many_keys", message: say::too_many_keys(MOST) });
        }
        sqlx::query!(
            "insert into api_keys (tenant_id, key_id, name, prefix, key_hash, permissions, allowed_addresses, created_by,
                                   created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            tenant.0,
            key.id,
            key.name,
            key.prefix,
            &hash[..],
            &key.permissions.names(),
            &key.allowed_addresses,
            key.created_by,
            stamp.at,
            key.expires_at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let change = Change::new("api_key.created", key.id).to(json!({
            "name": key.name, "prefix": key.prefix, "permissions": key.permissions.names(),
            "allowed_addresses": key.allowed_addresses,
        }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Revokes a key; the next request with it is refused.
    ///
    /// # Errors
    /// 404 when the key does not exist or is revoked.
    pub async fn revoke_api_key(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let name = sqlx::query_scalar!(
            "update api_keys set revoked_at = $3 where tenant_id = $1 and key_id = $2 and revoked_at is null returning name",
            tenant.0,
            id,
            stamp.at
        );
        let name =
            name.fetch_optional(&mut *tx).await.map_err(error)?.ok_or_else(|| Error::NotFound(things::api_key()))?;
        let change = Change::new("api_key.revoked", id).from(json!({ "name": name }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }
}
