//! Writes a batch to the catalogue, or previews it.

use cloud::Objects;
use db_catalog::{Batch, CatalogDb};
use db_imports::{BatchRecord, ImportJob, ImportStatus, ImportsDb};
use db_suppliers::{NewOffer, SuppliersDb};
use product::Outcome;
use runtime::{Cx, Error, Metric, Result, TenantId, Unit, emit_metrics};
use uuid::Uuid;

use crate::pipeline::check_rows::check_rows;
use crate::pipeline::messages::{BatchMessage, send_batches, send_finish};

/// The most bytes of a batch. A thousand rows of 4 MiB would be larger, but such files are refused before.
const MAX_BATCH_BYTES: u64 = 64 * 1024 * 1024;
/// After this many deliveries a batch is given up: its message goes to the dead-letter queue, and the import ends
/// without it. The queue has the same limit.
const MAX_ATTEMPTS: u32 = 3;

/// Writes a batch, or previews it. A repeated delivery changes nothing.
pub async fn apply_batch(cx: Cx, message: BatchMessage) -> Result<()> {
    let BatchMessage { tenant_id: tenant, import_id: import, number } = message;
    let db = cx.get::<ImportsDb>().await?;
    let (job, batch) = match (db.import(tenant, import).await, db.batch(tenant, import, number).await) {
        (Ok(job), Ok(batch)) => (job, batch),
        (Err(Error::NotFound(_)), _) | (_, Err(Error::NotFound(_))) => {
            tracing::warn!(%import, number, "a batch of an import that does not exist");
            return Ok(());
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    if !matches!(job.status, ImportStatus::Applying | ImportStatus::Previewing) {
        tracing::info!(%import, number, status = job.status.as_str(), "the import does not wait for this batch");
        return Ok(());
    }
    let last = if batch.settled {
        db.settle_import(tenant, import, cx.now).await?
    } else {
        match write(&cx, &db, tenant, &job, &batch).await {
            Ok(last) => last,
            Err(Error::Conflict { code: "undone", .. }) => {
                tracing::info!(%import, number, "the import was undone before this batch was written");
                return Ok(());
            }
            Err(error) => {
                if cx.attempt >= MAX_ATTEMPTS || matches!(error, Error::Fault(_)) {
                    let message = messages::imports::part_not_written(number + 1, batch.rows);
                    let message = message.into_string(job.options.language);
                    db.note_event(tenant, import, "batch_failed", Some(&message), cx.now).await?;
                    if db.fail_batch(tenant, import, job.status, &batch, cx.now).await? {
                        send_finish(&cx, tenant, import).await?;
                    } else {
                        send_batches(&cx, &db, tenant, import).await?;
                    }
                }
                return Err(error);
            }
        }
    };
    if last { send_finish(&cx, tenant, import).await } else { send_batches(&cx, &db, tenant, import).await.map(|_| ()) }
}

async fn write(cx: &Cx, db: &ImportsDb, tenant: TenantId, job: &ImportJob, batch: &BatchRecord) -> Result<bool> {
    let started = std::time::Instant::now();
    let bytes = cx.get::<Objects>().await?.read_small(&batch.object_key, MAX_BATCH_BYTES).await?;
    let (rows, columns) = check_rows(&bytes, job, batch)?;
    let catalog = cx.get::<CatalogDb>().await?;
    let outcome = if job.status == ImportStatus::Previewing {
        catalog.preview(tenant, &rows, cx.now).await?.0
    } else {
        let outcome = catalog.apply(tenant, &rows, cx.now).await?;
        if let Some(supplier) = job.supplier_id {
            note_offers(cx, &catalog, tenant, supplier, &rows, &outcome).await?;
        }
        outcome
    };
    if outcome.total() != batch.rows {
        return Err(Error::internal(format!("{} of {} rows are accounted for", outcome.total(), batch.rows)));
    }
    let last = db.settle_batch(tenant, job.id, job.status, batch, &outcome, &columns, cx.now).await?;
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    emit_metrics(
        cx,
        &[("function", "imports.apply_batch")],
        &[
            Metric("RowsApplied", f64::from(batch.rows), Unit::Count),
            Metric("RowsRejected", f64::from(outcome.rejected), Unit::Count),
            Metric("ApplyTime", started.elapsed().as_millis() as f64, Unit::Milliseconds),
        ],
    );
    Ok(last)
}

/// Stores the supplier's offers from the rows. They are in another database: a batch that is delivered again stores the
/// same offers again, which changes nothing.
async fn note_offers(
    cx: &Cx,
    catalog: &CatalogDb,
    tenant: TenantId,
    supplier: Uuid,
    batch: &Batch,
    outcome: &Outcome,
) -> Result<()> {
    let products = catalog.products_of_rows(tenant, batch).await?;
    let not_written: std::collections::HashSet<i32> =
        outcome.issues.iter().filter(|issue| !issue.error.is_notice()).map(|issue| issue.row).collect();
    let offers: Vec<NewOffer> = batch
        .rows
        .iter()
        .zip(products)
        .filter_map(|(row, product)| {
            // A row that was not written has no offer.
            if not_written.contains(&row.number) {
                return None;
            }
            Some(NewOffer {
                product_id: product?,
                reference: row.product.supplier_reference.clone(),
                cost_price: row.product.cost_price,
                currency: row.product.cost_price.and(row.product.currency).map(String::from),
                stock: row.product.stock,
                row: Some(row.number),
                ..NewOffer::default()
            })
        })
        .collect();
    cx.get::<SuppliersDb>().await?.import_offers(tenant, supplier, batch.import, &offers, cx.now).await
}
