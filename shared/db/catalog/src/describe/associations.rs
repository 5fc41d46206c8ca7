//! Associations between products.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, begin, error, record_change};
use runtime::{Error, Result, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::CatalogDb;

impl CatalogDb {
    /// Returns a product's associations by kind, in their order.
    ///
    /// # Errors
    /// 404 if the product does not exist.
    pub async fn associations(&self, tenant: TenantId, id: Uuid) -> Result<BTreeMap<String, Vec<Uuid>>> {
        self.product(tenant, id).await?;
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select kind, target_id from associations where tenant_id = $1 and product_id = $2 order by kind, position",
            tenant.0,
            id
        );
        let mut kinds: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        for row in found.fetch_all(&mut *tx).await.map_err(error)? {
            kinds.entry(row.kind).or_default().push(row.target_id);
        }
        Ok(kinds)
    }

    /// Replaces a product's associations of the given kinds; other kinds stay.
    ///
    /// # Errors
    /// 404 if the product does not exist; 422 for a target that does not exist or is the product itself.
    pub async fn set_associations(
        &self,
        tenant: TenantId,
        id: Uuid,
        new: &BTreeMap<String, Vec<Uuid>>,
        stamp: &Stamp,
    ) -> Result<BTreeMap<String, Vec<Uuid>>> {
        for (kind, targets) in new {
            if !ASSOCIATIONS.contains(&kind.as_str()) {
                return Err(Error::invalid(kind, "unknown_field", messages::catalog::one_of(ASSOCIATIONS.join(", "))));
            }
            if targets.len() > 200 || targets.iter().enumerate().any(|(at, target)| targets[..at].contains(target)) {
                return Err(Error::invalid(kind, "invalid", messages::catalog::associations_count()));
            }
        }
        let before = self.associations(tenant, id).await?;
        let mut tx = begin(&self.pool, tenant).await?;
        for (kind, targets) in new {
            sqlx::query!(
                "delete from associations where tenant_id = $1 and product_id = $2 and kind = $3",
                tenant.0,
                id,
                kind
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            let inserted = sqlx::query!(
                "insert into associations (tenant_id, product_id, kind, target_id, position)
                 select $1, $2, $3, target, place from unnest($4::uuid[]) with ordinality as r(target, place)",
                tenant.0,
                id,
                kind,
                targets
            );
            inserted.execute(&mut *tx).await.map_err(|failed| {
                let constraint = failed
                    .as_database_error()
                    .and_then(|database| database.constraint())
                    .unwrap_or_default()
                    .to_owned();
                match constraint.as_str() {
                    "associations_target_fkey" => {
                        Error::invalid(kind, "product_unknown", messages::catalog::association_unknown())
                    }
                    "associations_other" => Error::invalid(kind, "itself", messages::catalog::association_itself()),
                    _ => error(failed),
                }
            })?;
        }
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("product.associations_set", id).from(json!(before)).to(json!(new)),
        )
        .await?;
        tx.commit().await.map_err(error)?;
        self.associations(tenant, id).await
    }
}

/// The kinds of associations.
pub const ASSOCIATIONS: [&str; 4] = ["cross_sell", "up_sell", "accessory", "replacement"];
