//! Previews: what an import would do to each product. They are kept until the import is applied or they expire.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use planning::{Batch, PlannedRow, PlannedWrite, source};
use product::{FieldChange, Missing, Product, ProductStatus};
use runtime::{Cursor, Error, Page, Result, TenantId};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::import::lock::lock_key;
use crate::products::origin::{Origin, WriteError};
use crate::products::read::by_ids;
use crate::products::setup::setup;
use crate::products::write::write;
use crate::{CatalogDb, CatalogJob};

/// What an import would do with one record of its file, or with a product that the file does not have.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PreviewRow {
    /// The number of the row in the file; `null` for a product that the file does not have.
    pub row: Option<i32>,
    /// `created`, `updated`, `unchanged`, `skipped`, `rejected` or `absent`.
    pub action: String,
    /// The product; `null` if it would be created.
    pub product_id: Option<Uuid>,
    /// Its SKU, as it would be.
    pub sku: Option<String>,
    /// Its EAN, as it would be.
    pub ean: Option<String>,
    /// Its title, as it would be.
    pub title: Option<String>,
    /// The fields that would change; for a new product, all its fields.
    #[schema(value_type = Object)]
    pub changes: Json<BTreeMap<String, FieldChange>>,
    /// By how many percent the price would change.
    #[schema(value_type = Option<String>)]
    pub price_move: Option<Decimal>,
    #[serde(skip)]
    ordinal: i16,
}

/// A product that changed since the preview, in a field that the file has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangedSince {
    /// The row of the file for this product.
    pub row: i32,
    /// The product's SKU or EAN.
    pub code: String,
}

/// The figures of a preview that the guards of an automation check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreviewFigures {
    /// The supplier's products that are for sale and that the file does not have.
    pub absent: i64,
    /// The supplier's products that are for sale.
    pub supplied: i64,
    /// Rows whose price would change by more than the limit.
    pub moved_prices: i64,
    /// Rows of existing products, whose price would stay or change.
    pub priced: i64,
}

/// The most products in one transaction.
const STEP: i64 = 500;

/// The most records of one row of the file. Each has an ordinal below this number, so that row and ordinal together
/// form one number, the cursor.
const ORDINALS: i64 = 1 << 15;
/// The ordinal of the first record of a row's variants, which are in another batch than the row's product.
const FIRST_VARIANT: i16 = 1 << 14;

impl PreviewRow {
    /// Returns the cursor of the page that begins after this record.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor::Number(i64::from(self.row.unwrap_or_default()) * ORDINALS + i64::from(self.ordinal))
    }
}

impl CatalogDb {
    /// Returns the records of a preview in the order of the file, only those with `action` if it is given. `after` is
    /// the cursor of the page before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn preview_rows(
        &self,
        tenant: TenantId,
        import: Uuid,
        action: Option<&str>,
        after: Option<i64>,
        limit: i64,
    ) -> Result<Page<PreviewRow>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let after = after.unwrap_or(-1);
        let (row, ordinal) = (after.div_euclid(ORDINALS), after.rem_euclid(ORDINALS));
        let rows = sqlx::query_as!(
            PreviewRow,
            r#"select row_number as "row?", action, product_id, sku, ean, title,
                      coalesce(changes, '{}') as "changes!: Json<BTreeMap<String, FieldChange>>", price_move, ordinal
               from preview_rows
               where tenant_id = $1 and import_id = $2 and ($3::text is null or action = $3) and (row_number, ordinal) > ($4, $5)
               order by row_number, ordinal limit $6"#,
            tenant.0,
            import,
            action,
            i32::try_from(row).unwrap_or(i32::MAX),
            i16::try_from(ordinal).unwrap_or(i16::MAX),
            limit + 1
        );
        let rows = rows.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(rows, limit, PreviewRow::cursor))
    }

    /// Returns the supplier's products that a previewed file does not have, in the order of their ids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn absent_products(
        &self,
        tenant: TenantId,
        import: Uuid,
        supplier: Uuid,
        missing: Missing,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<PreviewRow>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let ids = absent(&mut tx, tenant, import, supplier, missing, after, limit + 1).await.map_err(error)?;
        let mut rows = Vec::new();
        for product in by_ids(&mut tx, tenant, &ids, false).await.map_err(error)? {
            let after = without(&product, missing);
            rows.push(PreviewRow {
                row: None,
                action: "absent".to_owned(),
                product_id: Some(product.id),
                sku: product.content.sku.clone(),
                ean: product.content.ean.clone(),
                title: Some(product.content.title.clone()),
                changes: Json(product::diff(&product.content, &after.content)),
                price_move: None,
                ordinal: 0,
            });
        }
        Ok(Page::cut(rows, limit, |row| Cursor::Id(row.product_id.unwrap_or_default())))
    }

    /// Returns the figures of a preview that the guards check; `percent` is the most by which a price may change.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn preview_figures(
        &self,
        tenant: TenantId,
        import: Uuid,
        supplier: Option<Uuid>,
        missing: Missing,
        percent: Option<Decimal>,
    ) -> Result<PreviewFigures> {
        let mut tx = begin(&self.pool, tenant).await?;
        let prices = sqlx::query!(
            r#"select count(*) filter (where $3::numeric is not null and abs(price_move) > $3) as "moved!",
                      count(*) filter (where action in ('updated', 'unchanged')) as "priced!"
               from preview_rows where tenant_id = $1 and import_id = $2"#,
            tenant.0,
            import,
            percent
        );
        let prices = prices.fetch_one(&mut *tx).await.map_err(error)?;
        let mut figures =
            PreviewFigures { moved_prices: prices.moved, priced: prices.priced, ..PreviewFigures::default() };
        if let Some(supplier) = supplier.filter(|_| missing != Missing::Leave) {
            let counted = sqlx::query!(
                r#"select count(*) as "supplied!", count(*) filter (
                          where p.import_id is distinct from $2 and not exists (select from named_in_preview($1, $2) named where named = p.product_id)) as "absent!"
                   from products p
                   where p.tenant_id = $1 and p.supplier_id = $3 and p.trashed_at is null and p.status <> 'archived'
                     and ($4 = 'archive' or p.stock is distinct from 0)"#,
                tenant.0,
                import,
                supplier,
                missing_name(missing)
            );
            let counted = counted.fetch_one(&mut *tx).await.map_err(error)?;
            (figures.supplied, figures.absent) = (counted.supplied, counted.absent);
        }
        Ok(figures)
    }

    /// Returns the products of which one of `fields` changed since the preview of an import, and the rows that would no
    /// longer create a product, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn changed_since_preview(
        &self,
        tenant: TenantId,
        import: Uuid,
        fields: &[String],
        limit: i64,
    ) -> Result<Vec<ChangedSince>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            r#"select s.row_number as "row!", coalesce(s.sku, s.ean, '') as "code!" from preview_rows s
               left join products p on p.tenant_id = $1 and p.product_id = s.product_id
               where s.tenant_id = $1 and s.import_id = $2 and s.action in ('updated', 'unchanged') and s.product_id is not null
                 and (p.product_id is null
                      or p.version <> s.version and (p.trashed_at is not null or exists (
                          select from product_changes c
                          where c.tenant_id = $1 and c.product_id = p.product_id and c.at >= s.previewed_at
                            and (c.action in ('trashed', 'restored')
                                 or c.diff ?| $3::text[]
                                 or exists (select from jsonb_object_keys(c.diff) k where split_part(k, '.', 1) = any($3::text[]))))))
               union all
               select s.row_number, coalesce(s.sku, s.ean, '') from preview_rows s
               where s.tenant_id = $1 and s.import_id = $2 and s.action = 'created'
                 and (exists (select from products p where p.tenant_id = $1 and p.sku = s.sku
                              and (p.product_id <> s.product_id or p.version <> s.version) is not false)
                      or exists (select from products p where p.tenant_id = $1 and p.gtin14 = s.gtin14
                                 and (p.product_id <> s.product_id or p.version <> s.version) is not false))
               order by 1 limit $4"#,
            tenant.0,
            import,
            fields,
            limit
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(found.into_iter().map(|row| ChangedSince { row: row.row, code: row.code }).collect())
    }

    /// Applies `missing` to the next of the supplier's products after `after` that the file does not have. Returns the
    /// last product that was processed, or `None` at the end. The changes belong to the import: undoing the import
    /// undoes them. A product whose field is locked or owned by a stronger source stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn leave_out_absent(
        &self,
        tenant: TenantId,
        import: Uuid,
        supplier: Uuid,
        missing: Missing,
        after: Option<Uuid>,
        now: OffsetDateTime,
    ) -> Result<Option<Uuid>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let ids = absent(&mut tx, tenant, import, supplier, missing, after, STEP).await.map_err(error)?;
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        let field = if missing == Missing::Archive { "status" } else { "stock" };
        let source = source(Some(supplier));
        let written: Vec<PlannedWrite> = by_ids(&mut tx, tenant, &ids, true)
            .await
            .map_err(error)?
            .into_iter()
            .filter(|product| setup.policy.check(&product.owners, &product.locked, field, &source).is_ok())
            .map(|product| {
                let after = without(&product, missing);
                PlannedWrite { before: Some(product), after, row: None, action: "updated" }
            })
            .filter(|planned| planned.before.as_ref() != Some(&planned.after))
            .collect();
        let origin = Origin { source, job_id: Some(import), ..Origin::default() };
        match write(&mut tx, tenant, &setup, &origin, written, now).await {
            Ok(_) => {}
            Err(WriteError::Sql(failed)) => return Err(error(failed)),
            Err(failed) => return Err(Error::internal(format!("absent products could not be left out: {failed:?}"))),
        }
        tx.commit().await.map_err(error)?;
        Ok(ids.last().copied())
    }

    /// Returns how many products an import archived or set out of stock because its file did not have them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_left_out(&self, tenant: TenantId, import: Uuid, missing: Missing) -> Result<i64> {
        let field = if missing == Missing::Archive { "status" } else { "stock" };
        let mut tx = begin(&self.pool, tenant).await?;
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from product_changes
               where tenant_id = $1 and job_id = $2 and row_number is null and diff ? $3"#,
            tenant.0,
            import,
            field
        );
        count.fetch_one(&mut *tx).await.map_err(error)
    }

    /// Deletes the records of an import's preview that were stored before `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_preview(&self, tenant: TenantId, import: Uuid, before: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "delete from preview_rows where tenant_id = $1 and import_id = $2 and previewed_at < $3",
            tenant.0,
            import,
            before
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Starts the job that undoes an import.
    ///
    /// # Errors
    /// 409 if the import was undone already, or changed nothing.
    pub async fn begin_import_undo(&self, tenant: TenantId, import: Uuid, stamp: &Stamp) -> Result<CatalogJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        // The lock waits for batches that are being written, so that they are undone too. Later batches find the job.
        sqlx::query!("select pg_advisory_xact_lock($1)", lock_key(import)).execute(&mut *tx).await.map_err(error)?;
        let found = sqlx::query!(
            r#"select count(distinct product_id) as "count!", max(product_id::text)::uuid as last
               from product_changes where tenant_id = $1 and job_id = $2"#,
            tenant.0,
            import
        );
        let found = found.fetch_one(&mut *tx).await.map_err(error)?;
        if found.count == 0 {
            let message = messages::catalog::import_changed_nothing();
            return Err(Error::Conflict { code: "nothing_to_undo", message });
        }
        let id = Uuid::now_v7();
        sqlx::query!(
            "insert into catalog_jobs (tenant_id, job_id, kind, spec, status, done_to, up_to, total, undoes, actor_kind, actor_id, actor_name,
                    created_at, updated_at)
             values ($1, $2, 'undo', '{}', 'running', $3, $4, $5, $6, $7, $8, $9, $10, $10)",
            tenant.0,
            id,
            Uuid::nil(),
            found.last.unwrap_or_default(),
            found.count,
            import,
            stamp.actor_kind(),
            stamp.actor(),
            stamp.actor_name(),
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| {
            on_constraint(failed, "catalog_jobs_undoes_key", || Error::Conflict {
                code: "already_undone",
                message: messages::catalog::import_undone_already(),
            })
        })?;
        let line = Change::new("import.undone", import).to(json!({ "products": found.count, "job": id }));
        record_change(&mut tx, tenant, stamp, line).await?;
        let job = crate::jobs::job::job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(job)
    }

    /// Deletes the records of previews that are older than `before`, of every organisation, at most `most`. Returns how
    /// many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_previews(&self, before: OffsetDateTime, most: i32) -> Result<i64> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let gone = sqlx::query_scalar!("select forget_previews($1, $2) as \"gone!\"", before, most);
        gone.fetch_one(&mut *connection).await.map_err(error)
    }
}

const fn missing_name(missing: Missing) -> &'static str {
    match missing {
        Missing::Leave => "leave",
        Missing::OutOfStock => "out_of_stock",
        Missing::Archive => "archive",
    }
}

/// Returns the supplier's products for sale that no row of the file names. A rejected row counts as naming its product.
async fn absent(
    tx: &mut TenantTx,
    tenant: TenantId,
    import: Uuid,
    supplier: Uuid,
    missing: Missing,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select p.product_id from products p
         where p.tenant_id = $1 and p.supplier_id = $3 and p.trashed_at is null and p.status <> 'archived'
           and ($4 = 'archive' or p.stock is distinct from 0) and $4 <> 'leave'
           and p.import_id is distinct from $2 and ($5::uuid is null or p.product_id > $5)
           and not exists (select from named_in_preview($1, $2) named where named = p.product_id)
         order by p.product_id limit $6",
        tenant.0,
        import,
        supplier,
        missing_name(missing),
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await
}

fn without(product: &Product, missing: Missing) -> Product {
    let mut after = product.clone();
    match missing {
        Missing::Leave => {}
        Missing::OutOfStock => after.content.stock = Some(0),
        Missing::Archive => after.content.status = ProductStatus::Archived,
    }
    after
}

/// Replaces the stored records of a batch by those of `rows`.
pub(crate) async fn replace(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    rows: &[PlannedRow],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from preview_rows where tenant_id = $1 and import_id = $2 and batch = $3",
        tenant.0,
        batch.import,
        batch.number
    )
    .execute(&mut **tx)
    .await?;
    let mut ordinals: BTreeMap<i32, i16> = BTreeMap::new();
    let mut ordinal = Vec::with_capacity(rows.len());
    for row in rows {
        let next = ordinals.entry(row.row).or_default();
        // A row of a shop's file can create a product and its first variant, which are in two batches.
        ordinal.push(*next + if batch.variants { FIRST_VARIANT } else { 0 });
        *next = (*next + 1).min(FIRST_VARIANT - 1);
    }
    let number: Vec<i32> = rows.iter().map(|row| row.row).collect();
    let action: Vec<String> = rows.iter().map(|row| row.action.to_owned()).collect();
    let product: Vec<Option<Uuid>> = rows.iter().map(|row| row.found.map(|found| found.0)).collect();
    let version: Vec<Option<i64>> = rows.iter().map(|row| row.found.map(|found| found.1)).collect();
    let sku: Vec<Option<String>> = rows.iter().map(|row| row.sku.clone()).collect();
    let ean: Vec<Option<String>> = rows.iter().map(|row| row.ean.clone()).collect();
    let title: Vec<Option<String>> = rows.iter().map(|row| row.title.clone()).collect();
    let changes: Vec<Option<Value>> =
        rows.iter().map(|row| (!row.changes.is_empty()).then(|| json!(row.changes))).collect();
    let also: Vec<Option<String>> = rows
        .iter()
        .map(|row| (!row.also.is_empty()).then(|| row.also.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",")))
        .collect();
    let moved: Vec<Option<Decimal>> =
        rows.iter().map(|row| row.price_move.map(|moved| moved.clamp(-MOST_MOVE, MOST_MOVE))).collect();
    sqlx::query!(
        "insert into preview_rows (tenant_id, import_id, batch, previewed_at, row_number, ordinal, action, product_id, version, sku, ean,
                title, changes, price_move, also)
         select $1, $2, $3, $4, r.number, r.ordinal, r.action, r.product, r.version, r.sku, r.ean, r.title, r.changes, r.moved,
                string_to_array(r.also, ',')::uuid[]
         from unnest($5::int[], $6::smallint[], $7::text[], $8::uuid[], $9::bigint[], $10::text[], $11::text[], $12::text[],
                $13::jsonb[], $14::numeric[], $15::text[])
              as r(number, ordinal, action, product, version, sku, ean, title, changes, moved, also)",
        tenant.0,
        batch.import,
        batch.number,
        now,
        &number,
        &ordinal,
        &action,
        &product as _,
        &version as _,
        &sku as _,
        &ean as _,
        &title as _,
        &changes as _,
        &moved as _,
        &also as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The largest price change that the column holds, in percent.
const MOST_MOVE: Decimal = Decimal::from_parts(999_999_999, 0, 0, false, 0);
