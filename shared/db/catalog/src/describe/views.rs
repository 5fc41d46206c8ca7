//! Saved views of the list of products.

use db_tenancy::{Change, Stamp, begin, error, record_change};
use runtime::{Error, Result, TenantId};
use serde::Serialize;
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::find::search::ProductQuery;

impl CatalogDb {
    /// Returns the views that a person sees: their own and the shared ones, in the order of their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn saved_views(&self, tenant: TenantId, person: Option<Uuid>) -> Result<Vec<SavedView>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            SavedView,
            r#"select view_id as id, name, owner_id, shared, query as "query: Json<ProductQuery>", updated_at from saved_views
               where tenant_id = $1 and (shared or owner_id = $2) order by lower(name), view_id"#,
            tenant.0,
            person
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Creates a view, or changes the person's own view with this id.
    ///
    /// # Errors
    /// 422 for an invalid query; 404 if the person has no such view.
    pub async fn save_view(
        &self,
        tenant: TenantId,
        id: Option<Uuid>,
        name: &str,
        shared: bool,
        query: &ProductQuery,
        stamp: &Stamp,
    ) -> Result<SavedView> {
        query.check()?;
        let mut tx = begin(&self.pool, tenant).await?;
        let saved = sqlx::query_as!(
            SavedView,
            r#"insert into saved_views (tenant_id, view_id, name, owner_id, shared, query, created_at, updated_at)
               select $1, coalesce($2, $8::uuid), $3::text, $4::uuid, $5::boolean, $6::jsonb, $7::timestamptz, $7
               where $2::uuid is null or exists (select from saved_views where tenant_id = $1 and view_id = $2 and owner_id is not distinct from $4::uuid)
               on conflict (tenant_id, view_id) do update
               set name = excluded.name, shared = excluded.shared, query = excluded.query, updated_at = excluded.updated_at
               returning view_id as id, name, owner_id, shared, query as "query: Json<ProductQuery>", updated_at"#,
            tenant.0,
            id,
            name,
            stamp.actor(),
            shared,
            Json(query) as _,
            stamp.at,
            Uuid::now_v7()
        );
        let saved = saved
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?
            .ok_or_else(|| Error::NotFound(messages::things::view()))?;
        record_change(
            &mut tx,
            tenant,
            stamp,
            Change::new("view.saved", saved.id).to(json!({ "name": name, "shared": shared })),
        )
        .await?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Deletes a view of the person.
    ///
    /// # Errors
    /// 404 if the person has no such view.
    pub async fn delete_view(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!(
            "delete from saved_views where tenant_id = $1 and view_id = $2 and owner_id is not distinct from $3",
            tenant.0,
            id,
            stamp.actor()
        );
        let deleted = deleted.execute(&mut *tx).await.map_err(error)?;
        if deleted.rows_affected() == 0 {
            return Err(Error::NotFound(messages::things::view()));
        }
        record_change(&mut tx, tenant, stamp, Change::new("view.deleted", id)).await?;
        tx.commit().await.map_err(error)
    }
}

/// A saved query.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SavedView {
    /// The view's id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The account or key that it belongs to.
    pub owner_id: Option<Uuid>,
    /// Whether everybody in the organisation sees it.
    pub shared: bool,
    /// What it shows.
    #[schema(value_type = ProductQuery)]
    pub query: Json<ProductQuery>,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}
