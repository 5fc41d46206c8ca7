//! Reads an uploaded file into batches.
//!
//! The object is read once, as a stream. A blocking thread reads rows and fills batches; the async side uploads them.
//! Between the two is a channel of two batches, so that memory does not grow with the file. No batch is written to the
//! catalogue before the file was read to its end, so that a broken file changes nothing.

use std::io::Read;

use cloud::Objects;
use db_catalog::CatalogDb;
use db_imports::{FileLayout, FileNotice, ImportJob, ImportOptions, ImportsDb, NewBatch, ParseClaim, ReadRows};
use futures::{StreamExt, TryStreamExt};
use mapping::Mapping;
use messages::imports as say;
use runtime::{Cx, Error, Metric, ObjectCreated, Result, TenantId, Unit, emit_metrics};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::io::SyncIoBridge;
use uuid::Uuid;

use crate::automations::runs::fail;
use crate::pipeline::batches::{Limits, ParsedFile, ReadBatch};
use crate::pipeline::guards::file_holds;
use crate::pipeline::messages::{publish_events, send_batches, send_file, send_finish, time_now};
use crate::pipeline::open_file::{Failure, open_file, refuse};

/// How many batches are uploaded at the same time.
const UPLOADS: usize = 4;
/// After this many deliveries a file that cannot be read because of a fault on our side is given up. The queue has the
/// same limit.
const MAX_ATTEMPTS: u32 = 3;

/// In how many seconds a file is tried again that waits for other files of its organisation.
const LATER: i32 = 3;

/// What the reading thread sends.
enum Piece {
    Layout(Box<FileLayout>, String, Vec<FileNotice>),
    Batch(ReadBatch),
}

/// A file that was read: its rows, and the hash of its content.
struct ReadFile {
    parsed: ParsedFile,
    hash: String,
    layout: FileLayout,
}

/// Reads an uploaded file and sends its first batches.
pub async fn parse_file(cx: Cx, object: ObjectCreated) -> Result<()> {
    let Some((tenant, import)) = ids(&object.key) else {
        tracing::warn!(key = object.key, "an object that is not an upload of an import");
        return Ok(());
    };
    let db = cx.get::<ImportsDb>().await?;
    if db.note_upload(tenant, import, object.version_id.as_deref(), cx.now).await? {
        return Ok(());
    }
    let most = cx.env().parsed("FILES_AT_ONCE", 2)?;
    let job = match db.begin_parsing(tenant, import, object.version_id.as_deref(), most, cx.now).await? {
        ParseClaim::Parse(job) => *job,
        ParseClaim::Later(job) => return send_file(&cx, tenant, &job, LATER).await,
        ParseClaim::Nothing => {
            tracing::info!(%import, "the import does not wait for this file; a second upload is not imported");
            return Ok(());
        }
    };
    // An earlier reading may have split the file into other batches.
    cx.get::<CatalogDb>().await?.forget_preview(tenant, import, cx.now).await?;
    match read_and_upload(&cx, &db, tenant, &job, &object).await {
        Ok(read) => {
            let holds = file_holds(&db, tenant, &job, &read.parsed, &read.layout).await?;
            let parsed = &read.parsed;
            let rows = ReadRows {
                rows: parsed.rows,
                batches: parsed.batches,
                superseded: &parsed.superseded,
                content_hash: &read.hash,
                holds: &holds,
                warnings: &parsed.warnings,
            };
            db.finish_parsing(tenant, import, &rows, time_now()).await?;
            let sent = send_batches(&cx, &db, tenant, import).await?;
            if sent == 0 && db.settle_import(tenant, import, cx.now).await? {
                send_finish(&cx, tenant, import).await?;
            }
            Ok(())
        }
        Err(Failure::Refused(refusal)) => {
            fail(&cx, tenant, &job, refusal.code, refusal.message, time_now()).await?;
            publish_events(&cx, &db, tenant).await
        }
        Err(Failure::Ours(error)) => {
            if cx.attempt >= MAX_ATTEMPTS || matches!(error, Error::Fault(_)) {
                fail(&cx, tenant, &job, "internal_error", say::unreadable_on_our_side(), time_now()).await?;
                publish_events(&cx, &db, tenant).await?;
            }
            Err(error)
        }
    }
}

/// The ids in a key of the form `uploads/<tenant>/<import>/<name>`.
fn ids(key: &str) -> Option<(TenantId, Uuid)> {
    let mut parts = key.strip_prefix("uploads/")?.split('/');
    Some((TenantId(parts.next()?.parse().ok()?), parts.next()?.parse().ok()?))
}

/// Returns a function that finds the mapping that somebody chose for the same columns before. It may be called by a
/// thread that may block.
fn remembering(
    db: std::sync::Arc<ImportsDb>,
    tenant: TenantId,
    supplier: Option<Uuid>,
) -> impl FnOnce(&str) -> Option<(String, Mapping)> + Send {
    let handle = tokio::runtime::Handle::current();
    move |hash| match handle.block_on(db.remembered_mapping(tenant, supplier, hash)) {
        Ok(found) => found.map(|(import, mapping)| (format!("remembered:{import}"), mapping)),
        Err(error) => {
            tracing::warn!(%error, "no mapping could be remembered");
            None
        }
    }
}

async fn read_and_upload(
    cx: &Cx,
    db: &std::sync::Arc<ImportsDb>,
    tenant: TenantId,
    job: &ImportJob,
    object: &ObjectCreated,
) -> Result<ReadFile, Failure> {
    let started = std::time::Instant::now();
    let objects = cx.get::<Objects>().await?;
    let file = objects.read(&job.object_key, object.version_id.as_deref()).await?;
    check_size(file.size, &job.options)?;
    let limits = Limits { batch_rows: cx.env().parsed("IMPORT_BATCH_ROWS", 1_000).map_err(Error::from)? };
    let (pieces, received) = mpsc::channel(2);
    let bridge = SyncIoBridge::new(file.body);
    let options = job.options.clone();
    let remember = remembering(db.clone(), tenant, job.supplier_id);
    let reading = tokio::task::spawn_blocking(move || {
        let ended = || Failure::Ours(Error::internal("the uploading side has ended"));
        let mut source = HashingReader { source: bridge, hash: Sha256::new() };
        let (parsed, layout) = {
            let mut file = open_file(&mut source, &options, remember)?;
            let layout = file.layout.clone();
            let found = Piece::Layout(Box::new(layout.clone()), file.columns_hash.clone(), file.warnings.clone());
            pieces.blocking_send(found).map_err(|_| ended())?;
            let most = options.limits.rows(&layout.format);
            let parsed = file.read_batches(most, limits, options.guards.cut_short, |batch| {
                pieces.blocking_send(Piece::Batch(batch)).map_err(|_| ended())
            })?;
            (parsed, layout)
        };
        // The hash is over the whole file, also the part that the reader did not read.
        std::io::copy(&mut source, &mut std::io::sink()).map_err(Error::internal)?;
        let hash = source.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(ReadFile { parsed, hash, layout })
    });

    let (import, objects, store) = (job.id, objects.as_ref(), db.as_ref());
    let uploaded =
        futures::stream::unfold(received, |mut received| async move { Some((received.recv().await?, received)) })
            .map(Ok::<_, Error>)
            .try_for_each_concurrent(UPLOADS, |piece| async move {
                match piece {
                    Piece::Layout(layout, hash, warnings) => {
                        store.set_layout(tenant, import, &layout, &hash, &warnings, time_now()).await
                    }
                    Piece::Batch(batch) => {
                        let key = format!("batches/{tenant}/{import}/{:05}.ndjson.zst", batch.number);
                        objects.write(&key, "application/zstd", batch.bytes).await?;
                        let new =
                            NewBatch { number: batch.number, object_key: key, rows: batch.rows, phase: batch.phase };
                        store.register_batch(tenant, import, &new, time_now()).await
                    }
                }
            })
            .await;
    let read: Result<ReadFile, Failure> = reading.await.map_err(Error::internal)?;
    // When both sides failed, the uploading side knows why.
    uploaded?;
    let read = read?;
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    emit_metrics(
        cx,
        &[("function", "imports.parse_file")],
        &[
            Metric("RowsParsed", f64::from(read.parsed.rows), Unit::Count),
            Metric("ParseTime", started.elapsed().as_millis() as f64, Unit::Milliseconds),
        ],
    );
    Ok(read)
}

/// Refuses a file that is larger than the organisation's setting, before it is read.
fn check_size(size: u64, options: &ImportOptions) -> Result<(), Failure> {
    let most = options.limits.bytes;
    if size <= most {
        return Ok(());
    }
    refuse("file_too_large", say::file_too_large(most, size))
}

/// A source that hashes its bytes while they are read.
struct HashingReader<R> {
    source: R,
    hash: Sha256,
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(out)?;
        self.hash.update(&out[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ids_from_the_key_and_from_no_other() {
        let (tenant, import) = (Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(ids(&format!("uploads/{tenant}/{import}/a.csv")), Some((TenantId(tenant), import)));
        assert_eq!(ids("uploads/x/y/z"), None);
        assert_eq!(ids(&format!("media/{tenant}/{import}/a.csv")), None);
    }
}
