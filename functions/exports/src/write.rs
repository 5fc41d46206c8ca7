//! Products -> files in S3, page by page.

use channels::shopify::{Columns, MAX_FILE_BYTES, ShopifyCsv};
use channels::{LeftOut, Listing};
use cloud::{Bus, Objects, Upload};
use db_catalog::{CatalogDb, Product, Snapshot};
use db_imports::{ExportFile, ExportJob, ExportResult, ImportsDb, LeftOutReason};
use product::ProductStatus;
use runtime::{Cx, Error, Metric, Result, TenantId, Unit, emit_metrics, log_error};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the seller chose for an export.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Options {
    pub(crate) columns: Columns,
    pub(crate) statuses: Vec<ProductStatus>,
}

/// Products read at once.
const PAGE: i64 = 1_000;
/// Progress is noted after so many pages.
const PAGES_PER_NOTE: i32 = 5;
/// After so many tries an export is given up.
const MAX_TRIES: i32 = 3;
const GIVEN_UP: &str = "the files could not be written because of a fault on our side; begin the export again";
/// So many products are named for each reason.
const EXAMPLES: usize = 10;

/// A message that names an export.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExportMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The export.
    pub export_id: Uuid,
}

/// Writes an export's files, unless it has ended. A try that another one is at work on is left to it.
pub(crate) async fn write_export(cx: &Cx, tenant: TenantId, export: Uuid) -> Result<()> {
    let db = cx.get::<ImportsDb>().await?;
    let Some((job, tries)) = db.begin_export(tenant, export, cx.now).await? else { return Ok(()) };
    // A try that was killed left no error: the number of tries alone says so.
    if tries > MAX_TRIES {
        db.fail_export(tenant, export, GIVEN_UP, cx.now).await?;
        return db.publish_pending(cx.get::<Bus>().await?.as_ref(), tenant, cx.now).await;
    }
    let started = std::time::Instant::now();
    match write_files(cx, &db, tenant, &job, tries).await {
        Ok(result) => {
            db.complete_export(tenant, export, &result, time::OffsetDateTime::now_utc()).await?;
            #[expect(clippy::cast_precision_loss, reason = "a measurement")]
            emit_metrics(
                cx,
                &[("function", "exports.run")],
                &[
                    Metric("ProductsExported", f64::from(result.exported), Unit::Count),
                    Metric("ExportTime", started.elapsed().as_millis() as f64, Unit::Milliseconds),
                ],
            );
        }
        Err(error) if tries >= MAX_TRIES => {
            log_error(&error, &export.to_string());
            db.fail_export(tenant, export, GIVEN_UP, time::OffsetDateTime::now_utc()).await?;
        }
        Err(error) => return Err(error),
    }
    db.publish_pending(cx.get::<Bus>().await?.as_ref(), tenant, cx.now).await
}

async fn write_files(cx: &Cx, db: &ImportsDb, tenant: TenantId, job: &ExportJob, tries: i32) -> Result<ExportResult> {
    let options: Options = serde_json::from_value(job.options.clone()).map_err(Error::internal)?;
    let mut snapshot = cx.get::<CatalogDb>().await?.snapshot(tenant, &options.statuses).await?;
    let total = snapshot.count().await?;
    let objects = cx.get::<Objects>().await?;
    // Each try has objects of its own: two that overlap mix nothing.
    let folder = format!("exports/{tenant}/{}/{tries}", job.id);
    let mut files =
        Files { objects: &objects, folder, layout: ShopifyCsv::new(options.columns), done: Vec::new(), open: None };
    let mut result = ExportResult { total, exported: 0, left_out: Vec::new(), files: Vec::new() };
    let written = write_pages(db, tenant, job, &mut snapshot, &mut files, &mut result).await;
    match written {
        Ok(()) => {
            result.files = files.finish().await?;
            Ok(result)
        }
        Err(error) => {
            files.abort().await;
            Err(error)
        }
    }
}

async fn write_pages(
    db: &ImportsDb,
    tenant: TenantId,
    job: &ExportJob,
    snapshot: &mut Snapshot,
    files: &mut Files<'_>,
    result: &mut ExportResult,
) -> Result<()> {
    let (mut done, mut pages) = (0, 0);
    loop {
        let products = snapshot.next(PAGE).await?;
        if products.is_empty() {
            return Ok(());
        }
        for product in products {
            let listing = listing(product);
            match files.layout.rows(&listing) {
                Ok(rows) => {
                    files.write(&rows).await?;
                    result.exported += 1;
                }
                Err(reason) => leave_out(&mut result.left_out, listing.id, reason),
            }
            done += 1;
        }
        pages += 1;
        if pages % PAGES_PER_NOTE == 0 {
            db.note_export_progress(tenant, job.id, result.total, done, time::OffsetDateTime::now_utc()).await?;
        }
    }
}

fn leave_out(reasons: &mut Vec<LeftOutReason>, id: Uuid, reason: LeftOut) {
    let found = reasons.iter().position(|known| known.code == reason.code);
    let index = found.unwrap_or_else(|| {
        reasons.push(LeftOutReason {
            code: reason.code.to_owned(),
            message: reason.message,
            products: 0,
            examples: Vec::new(),
        });
        reasons.len() - 1
    });
    let known = &mut reasons[index];
    known.products += 1;
    if known.examples.len() < EXAMPLES {
        known.examples.push(id);
    }
}

fn listing(product: Product) -> Listing {
    let content = product.content;
    Listing {
        id: product.id,
        sku: content.sku,
        ean: content.ean,
        title: content.title,
        description: content.description,
        brand: content.brand,
        category: content.category,
        price: content.price,
        compare_at_price: content.compare_at_price,
        cost_price: content.cost_price,
        stock: content.stock,
        image_urls: content.image_urls.unwrap_or_default(),
        weight_grams: content.weight.map(|weight| weight.grams()),
        status: content.status,
    }
}

/// The files of an export: a new one begins where the channel would refuse a larger one, never within a product.
struct Files<'o> {
    objects: &'o Objects,
    folder: String,
    layout: ShopifyCsv,
    done: Vec<ExportFile>,
    open: Option<(Upload, ExportFile)>,
}

impl Files<'_> {
    async fn write(&mut self, rows: &[u8]) -> Result<()> {
        let full =
            self.open.as_ref().is_some_and(|(upload, _)| upload.written() as usize + rows.len() > MAX_FILE_BYTES);
        if full {
            self.close().await?;
        }
        if self.open.is_none() {
            self.begin().await?;
        }
        if let Some((upload, file)) = &mut self.open {
            upload.write(rows).await?;
            file.products += 1;
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<()> {
        let name = format!("shopify-products-{}.csv", self.done.len() + 1);
        let key = format!("{}/{name}", self.folder);
        let mut upload = self.objects.upload(&key, "text/csv; charset=utf-8").await?;
        upload.write(&self.layout.header()).await?;
        self.open = Some((upload, ExportFile { name, bytes: 0, products: 0, url: None, key }));
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        if let Some((upload, mut file)) = self.open.take() {
            file.bytes = upload.finish().await?;
            self.done.push(file);
        }
        Ok(())
    }

    /// Closes the last file. An export of nothing is a file with a header.
    async fn finish(mut self) -> Result<Vec<ExportFile>> {
        if self.open.is_none() && self.done.is_empty() {
            self.begin().await?;
        }
        self.close().await?;
        Ok(self.done)
    }

    async fn abort(self) {
        if let Some((upload, _)) = self.open {
            upload.abort().await;
        }
    }
}
