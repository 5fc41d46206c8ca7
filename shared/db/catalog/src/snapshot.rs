//! The catalogue as it stands at one moment, read page by page: an export sees no half of a change, and its memory
//! does not grow with the catalogue.

use db_tenancy::{TenantTx, error};
use product::ProductStatus;
use runtime::{Result, TenantId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::products::{COLUMNS, product};
use crate::{CatalogDb, Product};

/// A read-only transaction over one tenant's products.
pub struct Snapshot {
    tx: TenantTx,
    tenant: TenantId,
    statuses: Vec<String>,
    after: Uuid,
}

impl CatalogDb {
    /// Opens a snapshot of the products in one of `statuses`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn snapshot(&self, tenant: TenantId, statuses: &[ProductStatus]) -> Result<Snapshot> {
        let begin = format!("begin isolation level repeatable read read only; set local app.tenant_id = '{tenant}'");
        let tx = self.pool.begin_with(AssertSqlSafe(begin)).await.map_err(error)?;
        let statuses = statuses.iter().map(|status| status.as_str().to_owned()).collect();
        Ok(Snapshot { tx, tenant, statuses, after: Uuid::nil() })
    }
}

impl Snapshot {
    /// How many products there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count(&mut self) -> Result<i32> {
        let count = sqlx::query_scalar!(
            "select count(*)::int as \"count!\" from products where tenant_id = $1 and status = any($2) and trashed_at is null",
            self.tenant.0,
            &self.statuses
        );
        count.fetch_one(&mut *self.tx).await.map_err(error)
    }

    /// The next products in the order of their ids, at most `limit`; none at the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next(&mut self, limit: i64) -> Result<Vec<Product>> {
        let select = format!(
            "select {COLUMNS} from products
             where tenant_id = $1 and status = any($2) and trashed_at is null and product_id > $3 order by product_id limit $4"
        );
        let rows =
            sqlx::query(AssertSqlSafe(select)).bind(self.tenant.0).bind(&self.statuses).bind(self.after).bind(limit);
        let rows = rows.fetch_all(&mut *self.tx).await.map_err(error)?;
        let products = rows.iter().map(product).collect::<sqlx::Result<Vec<Product>>>().map_err(error)?;
        if let Some(last) = products.last() {
            self.after = last.id;
        }
        Ok(products)
    }
}
