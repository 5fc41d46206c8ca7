//! Deletes products that were in the trash for long.

use db_tenancy::{TenantTx, begin, error};
use runtime::{Result, TenantId};
use time::OffsetDateTime;

use crate::CatalogDb;
use crate::products::edits::delete;

impl CatalogDb {
    /// Deletes products that were moved to the trash before `before`, at most `limit`. Returns how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn purge_trash(&self, tenant: TenantId, before: OffsetDateTime, limit: i64) -> Result<u64> {
        let mut tx = begin(&self.pool, tenant).await?;
        let purged = crate::products::trash::purge(&mut tx, tenant, before, limit).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(purged)
    }
}

/// Deletes products that were moved to the trash before `before`, at most `limit`. Returns how many.
pub(crate) async fn purge(
    tx: &mut TenantTx,
    tenant: TenantId,
    before: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<u64> {
    let due = sqlx::query_scalar!(
        // Variants before their parents; a parent whose variant is still in use stays with it.
        "select product_id from products p where tenant_id = $1 and trashed_at < $2
            and not exists (select from products v where v.tenant_id = $1 and v.parent_id = p.product_id)
         order by product_id limit $3 for update skip locked",
        tenant.0,
        before,
        limit
    );
    let due = due.fetch_all(&mut **tx).await?;
    if due.is_empty() { Ok(0) } else { delete(tx, tenant, &due).await }
}
