//! `db_suppliers`: where products come from.

use db_tenancy::{begin, error};
use runtime::{Cursor, Page, Result, TenantId};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

db_tenancy::database!(
    /// The suppliers' database.
    SuppliersDb,
    "db_suppliers",
    "../../../migrations/suppliers"
);

/// A supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Supplier {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique in the organisation whatever its case.
    pub name: String,
    /// When it was first named.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl SuppliersDb {
    /// The supplier with this name, made now if there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn supplier_named(&self, tenant: TenantId, name: &str, now: OffsetDateTime) -> Result<Supplier> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into suppliers (tenant_id, supplier_id, name, created_at) values ($1, $2, $3, $4)
             on conflict on constraint suppliers_name_key do nothing",
            tenant.0,
            Uuid::now_v7(),
            name,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let supplier = sqlx::query_as!(
            Supplier,
            "select supplier_id as id, name, created_at from suppliers where tenant_id = $1 and name_key = lower($2)",
            tenant.0,
            name
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(supplier)
    }

    /// The suppliers, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn suppliers(&self, tenant: TenantId, after: Option<Uuid>, limit: i64) -> Result<Page<Supplier>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let suppliers = sqlx::query_as!(
            Supplier,
            "select supplier_id as id, name, created_at from suppliers
             where tenant_id = $1 and ($2::uuid is null or supplier_id > $2) order by supplier_id limit $3",
            tenant.0,
            after,
            limit + 1
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
        Ok(Page::cut(suppliers, limit, |supplier| Cursor::Id(supplier.id)))
    }
}
