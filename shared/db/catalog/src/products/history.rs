//! The history of a product, field by field, and the origin of each value.

use std::collections::{BTreeMap, HashMap};

use db_tenancy::{TenantTx, begin, error};
use product::{FieldChange, Product, fields};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::products::read::one;

/// One change of a product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProductChange {
    /// The change's id.
    pub id: Uuid,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `created`, `updated`, `trashed`, `restored` or `reverted`.
    pub action: String,
    /// `user`, `key:<id>`, `supplier:<id>`, `import`, `sync:<name>`, `rule` or `ai`.
    pub source: String,
    /// The account or key.
    pub actor_id: Option<Uuid>,
    /// Its name at that time.
    pub actor_name: Option<String>,
    /// The import, or the job on many products.
    pub job_id: Option<Uuid>,
    /// The import's file.
    pub file_name: Option<String>,
    /// The row of the file.
    pub row: Option<i32>,
    /// The fields that changed.
    pub changes: BTreeMap<String, FieldChange>,
}

/// Where a field's value comes from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldOrigin {
    /// The field.
    pub field: String,
    /// Its value.
    pub value: Value,
    /// The source that owns it.
    pub source: Option<String>,
    /// Whether an edit by hand locked it.
    pub locked: bool,
    /// The change that set it; `null` if the history no longer has it.
    pub set_by: Option<SetBy>,
}

/// The change that set a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SetBy {
    /// The change's id.
    pub change_id: Uuid,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The name of who made it.
    pub actor_name: Option<String>,
    /// The import, or the job on many products.
    pub job_id: Option<Uuid>,
    /// The import's file.
    pub file_name: Option<String>,
    /// The row of the file.
    pub row: Option<i32>,
}

/// A row of the history.
pub(crate) struct Entry {
    pub(crate) product_id: Uuid,
    pub(crate) change_id: Uuid,
    pub(crate) at: OffsetDateTime,
    pub(crate) action: String,
    pub(crate) source: String,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) actor_name: Option<String>,
    pub(crate) job_id: Option<Uuid>,
    pub(crate) row_number: Option<i32>,
    pub(crate) diff: Option<Json<BTreeMap<String, FieldChange>>>,
}

/// Returns the changes of products since a job first changed each of them, the newest first.
pub(crate) async fn entries_since(
    tx: &mut TenantTx,
    tenant: TenantId,
    products: &[Uuid],
    job: Uuid,
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"select c.product_id, c.change_id, c.at, c.action, c.source, c.actor_id, c.actor_name, c.job_id, c.row_number,
                  c.diff as "diff: Json<BTreeMap<String, FieldChange>>"
           from (select product_id, min(change_id::text)::uuid as first from product_changes
                 where tenant_id = $1 and job_id = $3 and product_id = any($2) group by 1) j
           join product_changes c on c.tenant_id = $1 and c.product_id = j.product_id and c.change_id >= j.first
           order by c.change_id desc"#,
        tenant.0,
        products,
        job
    )
    .fetch_all(&mut **tx)
    .await
}

/// Returns which source set each field of products before a job first changed them, by product and field. The empty
/// field name stands for the source that created the product.
pub(crate) async fn sources_before(
    tx: &mut TenantTx,
    tenant: TenantId,
    products: &[Uuid],
    job: Uuid,
) -> sqlx::Result<HashMap<(Uuid, String), String>> {
    let found = sqlx::query!(
        r#"select distinct on (c.product_id, f.field) c.product_id, coalesce(f.field, '') as "field!", c.source
           from (select product_id, min(change_id::text)::uuid as first from product_changes
                 where tenant_id = $1 and job_id = $3 and product_id = any($2) group by 1) j
           join product_changes c on c.tenant_id = $1 and c.product_id = j.product_id and c.change_id < j.first
           left join lateral jsonb_object_keys(c.diff) as f(field) on true
           where f.field is not null or c.action = 'created'
           order by c.product_id, f.field, c.change_id desc"#,
        tenant.0,
        products,
        job
    );
    let found = found.fetch_all(&mut **tx).await?;
    Ok(found.into_iter().map(|row| ((row.product_id, row.field), row.source)).collect())
}

impl CatalogDb {
    /// Returns the changes of a product, the newest first.
    ///
    /// # Errors
    /// 404 if the product does not exist.
    pub async fn product_history(
        &self,
        tenant: TenantId,
        id: Uuid,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<ProductChange>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let product = one(&mut tx, tenant, id).await?;
        let found = sqlx::query_as!(
            Entry,
            r#"select product_id, change_id, at, action, source, actor_id, actor_name, job_id, row_number,
                      diff as "diff: Json<BTreeMap<String, FieldChange>>"
               from product_changes where tenant_id = $1 and product_id = $2 and ($3::uuid is null or change_id < $3)
               order by change_id desc limit $4"#,
            tenant.0,
            id,
            before,
            limit + 1
        );
        let mut timeline = Vec::new();
        for entry in found.fetch_all(&mut *tx).await.map_err(error)? {
            let changes = match entry.diff {
                Some(diff) => diff.0,
                None if entry.action == "created" => original_values(&mut tx, tenant, &product).await?,
                None => BTreeMap::new(),
            };
            timeline.push(ProductChange {
                id: entry.change_id,
                at: entry.at,
                action: entry.action,
                source: entry.source,
                actor_id: entry.actor_id,
                actor_name: entry.actor_name,
                job_id: entry.job_id,
                file_name: None,
                row: entry.row_number,
                changes,
            });
        }
        Ok(Page::cut(timeline, limit, |change| Cursor::Id(change.id)))
    }

    /// Returns the fields that one change of a product changed.
    ///
    /// # Errors
    /// 404 if the change does not exist; 409 for the creation of a product, which is undone by moving it to the trash.
    pub async fn product_change(
        &self,
        tenant: TenantId,
        product: Uuid,
        change: Uuid,
    ) -> Result<BTreeMap<String, FieldChange>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_scalar!(
            r#"select diff as "diff: Json<BTreeMap<String, FieldChange>>" from product_changes
               where tenant_id = $1 and product_id = $2 and change_id = $3"#,
            tenant.0,
            product,
            change
        );
        let found = found
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?
            .ok_or_else(|| Error::NotFound(messages::things::change()))?;
        found.map(|diff| diff.0).filter(|diff| !diff.is_empty()).ok_or_else(|| Error::Conflict {
            code: "nothing_to_revert",
            message: messages::catalog::nothing_to_revert(),
        })
    }

    /// Returns where each of a product's values comes from.
    ///
    /// # Errors
    /// 404 if the product does not exist.
    pub async fn product_provenance(&self, tenant: TenantId, id: Uuid) -> Result<Vec<FieldOrigin>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let product = one(&mut tx, tenant, id).await?;
        let set = sqlx::query!(
            r#"select distinct on (f.field) coalesce(f.field, '') as "field!", c.change_id, c.at, c.actor_name, c.job_id, c.row_number
               from product_changes c left join lateral jsonb_object_keys(c.diff) as f(field) on true
               where c.tenant_id = $1 and c.product_id = $2 and (f.field is not null or c.action = 'created')
               order by f.field, c.change_id desc"#,
            tenant.0,
            id
        );
        let set = set.fetch_all(&mut *tx).await.map_err(error)?;
        let mut set_by: HashMap<String, SetBy> = HashMap::new();
        for row in set {
            let change = SetBy {
                change_id: row.change_id,
                at: row.at,
                actor_name: row.actor_name,
                job_id: row.job_id,
                file_name: None,
                row: row.row_number,
            };
            set_by.insert(row.field, change);
        }
        // A field without a change has the value of the product's creation, which has the empty name.
        let origins = fields(&product.content).into_iter().map(|(field, value)| FieldOrigin {
            source: product.owners.of(&field).map(str::to_owned),
            locked: product.locked.contains(&field),
            set_by: set_by.get(&field).or_else(|| set_by.get("")).cloned(),
            field,
            value,
        });
        Ok(origins.collect())
    }

    /// Deletes changes made before `before`, at most `limit`. Returns how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_history(&self, tenant: TenantId, before: OffsetDateTime, limit: i64) -> Result<u64> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!(
            "delete from product_changes where (tenant_id, product_id, change_id, at) in
                 (select tenant_id, product_id, change_id, at from product_changes where tenant_id = $1 and at < $2 limit $3)",
            tenant.0,
            before,
            limit
        );
        let deleted = deleted.execute(&mut *tx).await.map_err(error)?.rows_affected();
        tx.commit().await.map_err(error)?;
        Ok(deleted)
    }

    /// Creates the history's partitions of the next months, and drops empty partitions of the past. Returns how many it
    /// created or dropped.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tend_history(&self, today: OffsetDateTime) -> Result<i32> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let tended = sqlx::query_scalar!("select tend_product_changes($1) as \"done!\"", today);
        tended.fetch_one(&mut *connection).await.map_err(error)
    }

    /// Returns every organisation with a catalogue, and for how many months it keeps its history; `None` = without
    /// limit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalogs_to_tend(&self) -> Result<Vec<(TenantId, Option<i32>)>> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let found = sqlx::query!("select tenant_id as \"tenant!\", history_months from catalogs_to_tend()");
        let found = found.fetch_all(&mut *connection).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (TenantId(row.tenant), row.history_months)).collect())
    }
}

/// Returns the values with which a product was created, derived from its later changes: of each field the oldest
/// earlier value, or today's value if it never changed.
async fn original_values(
    tx: &mut TenantTx,
    tenant: TenantId,
    product: &Product,
) -> Result<BTreeMap<String, FieldChange>> {
    let first = sqlx::query!(
        r#"select distinct on (f.field) f.field as "field!", f.change->'old' as old
           from product_changes c, lateral jsonb_each(c.diff) as f(field, change)
           where c.tenant_id = $1 and c.product_id = $2 order by f.field, c.change_id"#,
        tenant.0,
        product.id
    );
    let mut values = fields(&product.content);
    for row in first.fetch_all(&mut **tx).await.map_err(error)? {
        match row.old.filter(|old| !old.is_null()) {
            Some(old) => values.insert(row.field, old),
            None => values.remove(&row.field),
        };
    }
    Ok(values.into_iter().map(|(field, new)| (field, FieldChange { old: Value::Null, new })).collect())
}
