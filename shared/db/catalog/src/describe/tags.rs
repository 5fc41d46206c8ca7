//! The tags that products have.

use db_tenancy::{begin, error};
use runtime::{Result, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::CatalogDb;

impl CatalogDb {
    /// Returns the tags with the most products, at most 1,000.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tags(&self, tenant: TenantId) -> Result<Vec<Tag>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            Tag,
            "select mode() within group (order by tag) as \"name!\", count(*) as \"products!\"
             from products, unnest(tags) tag where tenant_id = $1 and trashed_at is null and tags is not null
             group by lower(tag) order by 2 desc, 1 limit 1000",
            tenant.0
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }
}

/// A tag and how many products have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tag {
    /// The tag, in the spelling of most products.
    pub name: String,
    /// How many products have it.
    pub products: i64,
}
