//! API keys as the API shows them.

use db_core::ApiKey;
use runtime::Permission;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
pub struct ApiKeyView {
    /// The id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// The first characters of the key.
    pub prefix: String,
    /// Its permissions.
    pub permissions: Vec<Permission>,
    /// The networks from which it may be used; empty = every address.
    pub allowed_addresses: Vec<String>,
    /// Who created it.
    pub created_by: Uuid,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Until when it is valid; `null` = without end.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// The IP address from which it was last used.
    pub last_used_address: Option<String>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            permissions: key.permissions.iter().collect(),
            allowed_addresses: key.allowed_addresses,
            created_by: key.created_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            last_used_address: key.last_used_address,
        }
    }
}
