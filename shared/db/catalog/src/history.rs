//! What happened to a product, field by field, and where each value comes from.

use std::collections::{BTreeMap, HashMap};

use db_tenancy::{TenantTx, begin, error};
use product::{FieldChange, fields};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::products::by_ids;

/// One change of a product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProductChange {
    /// The change.
    pub id: Uuid,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `created`, `updated`, `trashed`, `restored` or `reverted`.
    pub action: String,
    /// `user`, `key:<id>`, `supplier:<id>`, `import`, `sync:<name>`, `rule` or `ai`.
    pub source: String,
    /// The account or key.
    pub actor_id: Option<Uuid>,
    /// What it was called then.
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
    /// The change that set it; absent when the history does not reach back so far.
    pub set_by: Option<SetBy>,
}

/// The change that set a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SetBy {
    /// The change.
    pub change_id: Uuid,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who.
    pub actor_name: Option<String>,
    /// The import, or the job on many products.
    pub job_id: Option<Uuid>,
    /// The import's file.
    pub file_name: Option<String>,
    /// The row of the file.
    pub row: Option<i32>,
}

/// So many changes of one product are looked through.
const MOST: i64 = 5_000;

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

/// The changes of some products, the newest first.
pub(crate) async fn entries(
    tx: &mut TenantTx,
    tenant: TenantId,
    products: &[Uuid],
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"select product_id, change_id, at, action, source, actor_id, actor_name, job_id, row_number,
                  diff as "diff: Json<BTreeMap<String, FieldChange>>"
           from product_changes where tenant_id = $1 and product_id = any($2) order by change_id desc limit $3"#,
        tenant.0,
        products,
        limit
    )
    .fetch_all(&mut **tx)
    .await
}

impl CatalogDb {
    /// A product's timeline, the newest change first.
    ///
    /// # Errors
    /// 404 when the tenant has no such product.
    pub async fn product_history(
        &self,
        tenant: TenantId,
        id: Uuid,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<ProductChange>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let product = by_ids(&mut tx, tenant, &[id], false)
            .await
            .map_err(error)?
            .into_iter()
            .next()
            .ok_or(Error::NotFound("product"))?;
        // What a new product was is told by what came later: the older value of each first change, or today's.
        let mut values: HashMap<String, Value> = fields(&product.content).into_iter().collect();
        let mut timeline = Vec::new();
        for entry in entries(&mut tx, tenant, &[id], MOST).await.map_err(error)? {
            let changes = match entry.diff {
                Some(diff) => diff.0,
                None => values
                    .iter()
                    .map(|(field, value)| (field.clone(), FieldChange { old: Value::Null, new: value.clone() }))
                    .collect(),
            };
            for (field, change) in &changes {
                match &change.old {
                    Value::Null => values.remove(field),
                    old => values.insert(field.clone(), old.clone()),
                };
            }
            if before.is_none_or(|before| entry.change_id < before) {
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
        }
        timeline.truncate(usize::try_from(limit + 1).unwrap_or(usize::MAX));
        Ok(Page::cut(timeline, limit, |change| Cursor::Id(change.id)))
    }

    /// One change of a product, with the fields that it changed.
    ///
    /// # Errors
    /// 404 when there is none; 409 for the making of a product, which is undone by the trash.
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
        let found = found.fetch_optional(&mut *tx).await.map_err(error)?.ok_or(Error::NotFound("change"))?;
        found.map(|diff| diff.0).filter(|diff| !diff.is_empty()).ok_or_else(|| Error::Conflict {
            code: "nothing_to_revert",
            message: "this change has no fields to put back; a product that was made is moved to the trash instead"
                .to_owned(),
        })
    }

    /// Where each of a product's values comes from.
    ///
    /// # Errors
    /// 404 when the tenant has no such product.
    pub async fn product_provenance(&self, tenant: TenantId, id: Uuid) -> Result<Vec<FieldOrigin>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let product = by_ids(&mut tx, tenant, &[id], false)
            .await
            .map_err(error)?
            .into_iter()
            .next()
            .ok_or(Error::NotFound("product"))?;
        let entries = entries(&mut tx, tenant, &[id], MOST).await.map_err(error)?;
        let known = fields(&product.content);
        let origins = known.into_iter().map(|(field, value)| {
            let set = entries.iter().find(|entry| match &entry.diff {
                Some(diff) => diff.contains_key(&field),
                None => entry.action == "created",
            });
            FieldOrigin {
                source: product.owners.of(&field).map(str::to_owned),
                locked: product.locked.contains(&field),
                set_by: set.map(|entry| SetBy {
                    change_id: entry.change_id,
                    at: entry.at,
                    actor_name: entry.actor_name.clone(),
                    job_id: entry.job_id,
                    file_name: None,
                    row: entry.row_number,
                }),
                field,
                value,
            }
        });
        Ok(origins.collect())
    }

    /// Deletes what is older than the tenant wants to keep; gives how many changes.
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

    /// Makes the history's partitions of the next months, and drops those that are empty and past.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tend_history(&self, today: OffsetDateTime) -> Result<i32> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let tended = sqlx::query_scalar!("select tend_product_changes($1) as \"done!\"", today);
        tended.fetch_one(&mut *connection).await.map_err(error)
    }

    /// Every organisation with a catalogue, and for how many months it keeps its history.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalogs_to_tend(&self) -> Result<Vec<(TenantId, Option<i32>)>> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let found = sqlx::query!("select tenant_id as \"tenant!\", history_months from catalogs_to_tend()");
        let found = found.fetch_all(&mut *connection).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (TenantId(row.tenant), row.history_months)).collect())
    }

    /// Deletes products that lie in the trash since before a moment; gives how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn purge_trash(&self, tenant: TenantId, before: OffsetDateTime, limit: i64) -> Result<u64> {
        let mut tx = begin(&self.pool, tenant).await?;
        let purged = crate::edits::purge(&mut tx, tenant, before, limit).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(purged)
    }
}
