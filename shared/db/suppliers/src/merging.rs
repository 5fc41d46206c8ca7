//! The merge of two suppliers.

use db_tenancy::{Change, Stamp, begin, error, record_change};
use runtime::{Error, Result, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::suppliers::supplier;
use crate::{Supplier, SuppliersDb};

impl SuppliersDb {
    /// Merges a supplier into another one. Its offers and mappings move there where the other supplier has none for the
    /// same product or of the same name; all its automations move. Its name then stands for the other supplier. The
    /// caller moves its products.
    ///
    /// # Errors
    /// 404; 422 if the other supplier is the same one, or was merged itself.
    pub async fn merge_supplier(&self, tenant: TenantId, id: Uuid, into: Uuid, stamp: &Stamp) -> Result<Supplier> {
        let mut tx = begin(&self.pool, tenant).await?;
        let (from, to) = (supplier(&mut tx, tenant, id).await?, supplier(&mut tx, tenant, into).await?);
        if id == into || to.merged_into.is_some() {
            return Err(Error::invalid("into", "invalid", messages::suppliers::merge_target()));
        }
        sqlx::query!(
            "update offers o set supplier_id = $3 where tenant_id = $1 and supplier_id = $2
               and not exists (select from offers t where t.tenant_id = $1 and t.supplier_id = $3 and t.product_id = o.product_id)",
            tenant.0,
            id,
            into
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!("delete from offers where tenant_id = $1 and supplier_id = $2", tenant.0, id)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        sqlx::query!(
            "update mappings m set supplier_id = $3 where tenant_id = $1 and supplier_id = $2
               and not exists (select from mappings t where t.tenant_id = $1 and t.supplier_id = $3 and t.name = m.name)",
            tenant.0,
            id,
            into
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "update automations set supplier_id = $3 where tenant_id = $1 and supplier_id = $2",
            tenant.0,
            id,
            into
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "update suppliers set merged_into = $3, archived_at = coalesce(archived_at, $4), updated_at = $4
             where tenant_id = $1 and (supplier_id = $2 or merged_into = $2)",
            tenant.0,
            id,
            into,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("supplier.merged", id).from(json!(from)).to(json!({ "into": into })),
        )
        .await?;
        tx.commit().await.map_err(error)?;
        Ok(to)
    }
}
