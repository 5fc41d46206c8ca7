//! A batch of an import's rows, written as a set.
//!
//! A batch is written in one transaction, together with a note of its outcome. If the batch is delivered again, it
//! finds the note, changes nothing and returns the same outcome. So the outcome can always be reported to the job's
//! database, which is not part of the transaction. A preview does the same, but rolls back before it stores what would
//! have become of each row.

use std::collections::BTreeMap;
use std::time::Duration;

use db_tenancy::{TenantTx, begin, is_race};
use planning::{Batch, Context, Plan, PlannedRow, PlannedWrite, plan, source};
use product::{ImportMode, MatchKey, Outcome};
use runtime::{Error, Result, TenantId};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CatalogDb;
use crate::import::context::{
    attributes, categories, created_elsewhere, created_parents, known_products, note_unchanged,
    owners_of_unique_values, previewed_parents, shown_parents, siblings, unchanged_rows, undone_products,
};
use crate::import::lock::lock_key;
use crate::products::origin::{Origin, WriteError};
use crate::products::setup::setup;
use crate::products::write::write;

/// What is done with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is written.
    Commit,
    /// It is written and rolled back, and the result of each row is stored.
    Preview,
}

/// How often a batch is tried, at most.
const MAX_TRIES: u64 = 5;

impl CatalogDb {
    /// Writes a batch, unless it was written before. Returns its outcome.
    ///
    /// # Errors
    /// If the database does not answer, or if other transactions were faster five times in a row.
    pub async fn apply(&self, tenant: TenantId, batch: &Batch, now: OffsetDateTime) -> Result<Outcome> {
        self.with_retries(tenant, batch, Stage::Commit, false, now).await.map(|(outcome, _)| outcome)
    }

    /// Writes a batch. Returns its outcome and the result of each row; no rows if it was written before.
    ///
    /// # Errors
    /// As [`CatalogDb::apply`].
    pub async fn apply_traced(
        &self,
        tenant: TenantId,
        batch: &Batch,
        now: OffsetDateTime,
    ) -> Result<(Outcome, Vec<PlannedRow>)> {
        self.with_retries(tenant, batch, Stage::Commit, true, now).await
    }

    /// Does everything that [`CatalogDb::apply`] does, rolls it back, and stores what would have become of each row.
    ///
    /// # Errors
    /// As [`CatalogDb::apply`].
    pub async fn preview(
        &self,
        tenant: TenantId,
        batch: &Batch,
        now: OffsetDateTime,
    ) -> Result<(Outcome, Vec<PlannedRow>)> {
        self.with_retries(tenant, batch, Stage::Preview, true, now).await
    }

    async fn with_retries(
        &self,
        tenant: TenantId,
        batch: &Batch,
        stage: Stage,
        trace: bool,
        now: OffsetDateTime,
    ) -> Result<(Outcome, Vec<PlannedRow>)> {
        let mut attempt = 1;
        loop {
            let tx = begin(&self.pool, tenant).await?;
            match try_batch(tx, tenant, batch, stage, trace, now).await {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {
                    return Err(Error::Conflict { code: "undone", message: messages::catalog::import_undone() });
                }
                Err(failed) if can_be_tried_again(&failed) && attempt < MAX_TRIES => {
                    tracing::info!(attempt, error = ?failed, "another transaction was faster; the batch is tried again");
                    // The end of the batch's id is random, so two batches that collided do not collide again.
                    let jitter = u64::from(batch.id.as_bytes()[15]);
                    tokio::time::sleep(Duration::from_millis(attempt * 50 + jitter)).await;
                    attempt += 1;
                }
                Err(WriteError::Sql(failed)) => return Err(db_tenancy::error(failed)),
                Err(WriteError::Quota) => {
                    return Err(Error::internal("the quota changes faster than the batch is written"));
                }
            }
        }
    }
}

impl CatalogDb {
    /// Returns the product of each row of a written batch, `None` where the batch may not change one. The product is
    /// found by its SKU, else by its GTIN, else by the supplier's reference if the import matches by it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn products_of_rows(&self, tenant: TenantId, batch: &Batch) -> Result<Vec<Option<Uuid>>> {
        let rows = &batch.rows;
        let skus: Vec<Option<String>> = rows.iter().map(|row| row.product.sku.clone().map(String::from)).collect();
        let gtins: Vec<Option<String>> =
            rows.iter().map(|row| row.product.ean.as_ref().map(product::Gtin::to_gtin14)).collect();
        let references: Vec<Option<String>> = rows.iter().map(|row| row.product.supplier_reference.clone()).collect();
        let supplier = batch.supplier.filter(|_| batch.match_by.contains(&MatchKey::SupplierReference));
        // A mode that does not update products reports only those that it created.
        let created_by = (batch.mode != ImportMode::Update).then_some(batch.import);
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_scalar!(
            "select p.product_id as \"id?\"
             from unnest($2::text[], $3::text[], $4::text[]) with ordinality as r(sku, gtin, reference, place)
             left join lateral (
                 select coalesce((select product_id from products where tenant_id = $1 and sku = r.sku),
                                 (select product_id from products where tenant_id = $1 and gtin14 = r.gtin),
                                 (select min(product_id::text)::uuid from products
                                  where tenant_id = $1 and supplier_id = $5 and supplier_reference = r.reference
                                  having count(*) = 1)) as id
             ) named on true
             left join products p
                 on p.tenant_id = $1 and p.product_id = named.id and ($6::uuid is null or p.import_id = $6)
             order by r.place",
            tenant.0,
            &skus as _,
            &gtins as _,
            &references as _,
            supplier,
            created_by
        );
        found.fetch_all(&mut *tx).await.map_err(db_tenancy::error)
    }
}

/// Returns whether a retry can help: another transaction was faster to write a row, or to take the last places of the
/// quota.
fn can_be_tried_again(failed: &WriteError) -> bool {
    match failed {
        WriteError::Sql(failed) => is_race(failed),
        WriteError::Quota => true,
    }
}

/// Writes or previews a batch. Returns `None` if its import was undone.
async fn try_batch(
    mut tx: TenantTx,
    tenant: TenantId,
    batch: &Batch,
    stage: Stage,
    trace: bool,
    now: OffsetDateTime,
) -> Result<Option<(Outcome, Vec<PlannedRow>)>, WriteError> {
    if stage == Stage::Commit && is_undone(&mut tx, tenant, batch.import).await? {
        return Ok(None);
    }
    if let Some(outcome) = noted_outcome(&mut tx, tenant, batch.id, stage).await? {
        return Ok(Some((outcome, Vec::new())));
    }
    if stage == Stage::Preview {
        sqlx::query!("savepoint preview").execute(&mut *tx).await?;
    }
    let setup = setup(&mut tx, tenant).await?;
    let parents = shown_parents(&mut tx, tenant, batch).await?;
    let mut products = known_products(&mut tx, tenant, batch, &parents).await?;
    let mut created: BTreeMap<Uuid, PlannedWrite> = BTreeMap::new();
    let mut room = setup.quota.map(|quota| quota - setup.products);
    if stage == Stage::Preview {
        previewed_parents(&mut tx, tenant, batch, &mut products).await?;
        let created_before = created_parents(&mut tx, tenant, batch, &products, now).await?;
        products.extend(created_before.iter().cloned());
        let writes =
            created_before.into_iter().map(|after| PlannedWrite { before: None, after, row: None, action: "created" });
        created.extend(writes.map(|write| (write.after.id, write)));
        if let Some(room) = &mut room {
            *room -= created_elsewhere(&mut tx, tenant, batch).await?;
        }
    }
    let context = Context {
        quota: setup.quota,
        policy: &setup.policy,
        families: setup.families.keys().map(String::as_str).collect(),
        locale: setup.locale(),
        attributes: attributes(&mut tx, tenant, batch, now).await?,
        categories: categories(&mut tx, tenant, batch).await?,
        taken: owners_of_unique_values(&mut tx, tenant, batch).await?,
        parents,
        variants: siblings(&mut tx, tenant, batch, &products).await?,
        unchanged: unchanged_rows(&mut tx, tenant, batch, &products).await?,
        undone: undone_products(&mut tx, tenant, &products).await?,
        products,
        room,
        trace,
        now,
    };
    let Plan { written: mut planned, outcome, mut rows, unchanged } = plan(batch, context);
    for row in rows.iter_mut().filter(|row| row.found.is_some_and(|(id, _)| created.contains_key(&id))) {
        row.found = None;
    }
    // A change of a product that is created again here is one write together with its creation.
    planned.retain_mut(|write| match created.get_mut(&write.after.id) {
        Some(creation) => {
            creation.after = write.after.clone();
            false
        }
        None => true,
    });
    let written: Vec<PlannedWrite> = created.into_values().chain(planned).collect();
    let origin = Origin { source: source(batch.supplier), job_id: Some(batch.import), ..Origin::default() };
    match write(&mut tx, tenant, &setup, &origin, written, now).await {
        // The rows of a preview already report the quota: each of them was counted on its own.
        Err(WriteError::Quota) if stage == Stage::Preview => {}
        done => {
            done?;
        }
    }
    match stage {
        Stage::Commit => {
            note_unchanged(&mut tx, tenant, batch.import, &unchanged, now).await?;
            note(&mut tx, tenant, batch, &outcome, now).await?;
        }
        Stage::Preview => {
            sqlx::query!("rollback to savepoint preview").execute(&mut *tx).await?;
            crate::import::preview::replace(&mut tx, tenant, batch, &rows, now).await?;
        }
    }
    tx.commit().await?;
    Ok(Some((outcome, rows)))
}

/// Returns whether an import was undone. An undo waits for batches that are being written, and undoes them too.
async fn is_undone(tx: &mut TenantTx, tenant: TenantId, import: Uuid) -> sqlx::Result<bool> {
    sqlx::query!("select pg_advisory_xact_lock_shared($1)", lock_key(import)).execute(&mut **tx).await?;
    let undone = sqlx::query_scalar!(
        "select exists (select from catalog_jobs where tenant_id = $1 and undoes = $2) as \"undone!\"",
        tenant.0,
        import
    );
    undone.fetch_one(&mut **tx).await
}

/// Stores a batch's outcome, in the transaction that writes it.
async fn note(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    outcome: &Outcome,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into applied_batches (tenant_id, batch_id, import_id, outcome, applied_at) values ($1, $2, $3, $4, $5)",
        tenant.0,
        batch.id,
        batch.import,
        Json(outcome) as _,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Returns the outcome of a batch that was written before. Two deliveries of one batch wait for each other here.
async fn noted_outcome(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: Uuid,
    stage: Stage,
) -> sqlx::Result<Option<Outcome>> {
    sqlx::query!("select pg_advisory_xact_lock($1)", lock_key(batch)).execute(&mut **tx).await?;
    if stage == Stage::Preview {
        return Ok(None);
    }
    let noted = sqlx::query_scalar!(
        "select outcome as \"outcome: Json<Outcome>\" from applied_batches where tenant_id = $1 and batch_id = $2",
        tenant.0,
        batch
    );
    Ok(noted.fetch_optional(&mut **tx).await?.map(|outcome| outcome.0))
}
