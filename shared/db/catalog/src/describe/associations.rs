//! Associations between products.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, begin, error, record_change};
use runtime::{Error, Result, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::CatalogDb;

impl CatalogDb {
    /// A product's associations by kind, in their order.
    ///
    /// # Errors
    /// 404 when there is no such product.
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

    /// Sets a product's associations of the kinds that are named; other kinds stay.
    ///
    /// # Errors
    /// 404 for the product; 422 for a target that is none of ours, or the product itself.
    pub async fn set_associations(
        &self,
        tenant: TenantId,
        id: Uuid,
        new: &BTreeMap<String, Vec<Uuid>>,
        stamp: &Stamp,
    ) -> Result<BTreeMap<String, Vec<Uuid>>> {
        for (kind, targets) in new {
            if !ASSOCIATIONS.contains(&kind.as_str()) {
                return Err(Error::invalid(
                    kind,
                    "unknown_field",
                    format!("expected one of {}", ASSOCIATIONS.join(", ")),
                ));
            }
            if targets.len() > 200 || targets.iter().enumerate().any(|(at, target)| targets[..at].contains(target)) {
                return Err(Error::invalid(kind, "invalid", "expected at most 200 products, each once"));
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
                        Error::invalid(kind, "product_unknown", "one of these products does not exist")
                    }
                    "associations_other" => Error::invalid(kind, "itself", "a product is not associated with itself"),
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
