//! A batch -> the catalogue.

use std::collections::HashMap;

use cloud::Objects;
use db_catalog::{Batch, BatchRow, CatalogDb};
use db_suppliers::{NewOffer, SuppliersDb};
use db_imports::{BatchRecord, ImportJob, ImportsDb};
use product::{Field, Outcome, validate};
use runtime::{Cx, Error, Metric, Result, TenantId, Unit, emit_metrics};
use uuid::Uuid;

use crate::batch_file::BatchReader;
use crate::messages::{BatchMessage, send_batches, send_finish};

/// No batch is larger: a thousand rows of at most 1 MiB would be, and are refused long before.
const MAX_BATCH_BYTES: u64 = 64 * 1024 * 1024;
/// After so many deliveries a batch is given up: its message goes to the dead-letter queue, and the import ends
/// without it. The queue's own limit.
const MAX_ATTEMPTS: u32 = 3;

/// Writes a batch; delivered again, it changes nothing.
pub async fn apply(cx: Cx, message: BatchMessage) -> Result<()> {
    let BatchMessage { tenant_id: tenant, import_id: import, number } = message;
    let db = cx.get::<ImportsDb>().await?;
    let (job, batch) = match (db.import(tenant, import).await, db.batch(tenant, import, number).await) {
        (Ok(job), Ok(batch)) => (job, batch),
        (Err(Error::NotFound(_)), _) | (_, Err(Error::NotFound(_))) => {
            tracing::warn!(%import, number, "a batch of an import that is not there");
            return Ok(());
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let last = if batch.settled {
        db.settle_import(tenant, import, cx.now).await?
    } else {
        match write(&cx, &db, tenant, &job, &batch).await {
            Ok(last) => last,
            Err(error) => {
                if cx.attempt >= MAX_ATTEMPTS {
                    let rows = format!("batch {number} ({} rows) could not be written", batch.rows);
                    db.note_event(tenant, import, "batch_failed", Some(&rows), cx.now).await?;
                    if db.fail_batch(tenant, import, number, cx.now).await? {
                        send_finish(&cx, tenant, import).await?;
                    } else {
                        send_batches(&cx, &db, tenant, import).await?;
                    }
                }
                return Err(error);
            }
        }
    };
    if last {
        send_finish(&cx, tenant, import).await
    } else {
        send_batches(&cx, &db, tenant, import).await.map(|_| ())
    }
}

async fn write(cx: &Cx, db: &ImportsDb, tenant: TenantId, job: &ImportJob, batch: &BatchRecord) -> Result<bool> {
    let started = std::time::Instant::now();
    let bytes = cx.get::<Objects>().await?.read_small(&batch.object_key, MAX_BATCH_BYTES).await?;
    let read = check_rows(&bytes, batch)?;
    let rows = Batch { id: batch.id, import: job.id, supplier: job.supplier_id, mode: job.mode, rows: read.rows, before: read.outcome };
    let catalog = cx.get::<CatalogDb>().await?;
    let outcome = catalog.apply(tenant, &rows, cx.now).await?;
    if let Some(supplier) = job.supplier_id {
        note_offers(cx, &catalog, tenant, supplier, &rows, &outcome).await?;
    }
    if outcome.total() != batch.rows {
        return Err(Error::internal(format!("{} of {} rows are accounted for", outcome.total(), batch.rows)));
    }
    let last = db.settle_batch(tenant, job.id, batch.number, &outcome, &read.columns, cx.now).await?;
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    emit_metrics(
        cx,
        &[("function", "imports.apply")],
        &[
            Metric("RowsApplied", f64::from(batch.rows), Unit::Count),
            Metric("RowsRejected", f64::from(outcome.rejected), Unit::Count),
            Metric("ApplyTime", started.elapsed().as_millis() as f64, Unit::Milliseconds),
        ],
    );
    Ok(last)
}

/// Notes what the rows say of the supplier's offers. In another database: a batch that is delivered again says it again,
/// and changes nothing.
async fn note_offers(cx: &Cx, catalog: &CatalogDb, tenant: TenantId, supplier: Uuid, batch: &Batch, outcome: &Outcome) -> Result<()> {
    let products = catalog.products_of_rows(tenant, &batch.rows).await?;
    let offers: Vec<NewOffer> = batch
        .rows
        .iter()
        .zip(products)
        .filter_map(|(row, product)| {
            // A row that was not written says nothing of an offer.
            let left = outcome.issues.iter().any(|issue| issue.row == row.number && issue.error.code != "field_kept");
            if left {
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

struct CheckedRows {
    rows: Vec<BatchRow>,
    outcome: Outcome,
    columns: HashMap<Field, String>,
}

/// Reads and checks every row: the good ones are to be written, the others are accounted for already.
fn check_rows(bytes: &[u8], batch: &BatchRecord) -> Result<CheckedRows> {
    let superseded: HashMap<i32, i32> = batch.superseded.0.iter().copied().collect();
    let mut reader = BatchReader::open(bytes)?;
    let (rules, columns) = (reader.header().rules.clone(), reader.header().column_names());
    let mut checked = CheckedRows { rows: Vec::new(), outcome: Outcome::default(), columns };
    while let Some((number, cells)) = reader.read()? {
        match cells.map_err(|error| vec![error]).and_then(|cells| validate(&cells, &rules)) {
            Err(errors) => checked.outcome.reject(number, errors),
            Ok(product) => match superseded.get(&number) {
                Some(by) => checked.outcome.supersede(number, *by),
                None => checked.rows.push(BatchRow { number, product }),
            },
        }
    }
    Ok(checked)
}
