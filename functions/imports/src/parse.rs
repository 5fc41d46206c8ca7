//! An uploaded file -> batches.
//!
//! The object is read once, as a stream: a thread that blocks reads rows and fills batches, the reactor uploads them.
//! Between the two stands a channel of two batches, so memory does not grow with the file. No batch is written to
//! the catalogue before the file was read to its end: a file that turns out to be broken changes nothing.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use cloud::Objects;
use db_imports::{FileLayout, ImportJob, ImportStatus, ImportsDb, NewBatch};
use futures::{StreamExt, TryStreamExt};
use product::{Cells, DecimalMark, Field, Gtin, Mapping, RowRules, WeightUnit, missing_required, suggest, validate};
use runtime::{Cx, Error, Metric, ObjectCreated, Result, TenantId, Unit, emit_metrics};
use tabular::{Layout, Row};
use tokio::sync::mpsc;
use tokio_util::io::SyncIoBridge;
use uuid::Uuid;

use crate::batch_file::{BatchHeader, BatchWriter, MappedColumn};
use crate::create_import::MAX_FILE_BYTES;
use crate::messages::{send_batches, send_finish};

/// How large things may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows in a batch.
    pub batch_rows: i32,
    /// Rows in a file.
    pub file_rows: i32,
}

/// Batches are uploaded so many at a time.
const UPLOADS: usize = 4;
/// After so many deliveries a file that cannot be read for a reason of ours is given up. The queue's own limit.
const MAX_ATTEMPTS: u32 = 3;

/// Why a file cannot be imported, as the seller is told.
struct Refusal {
    code: &'static str,
    message: String,
}

/// A batch, filled.
pub struct ReadBatch {
    /// Its place in the file, from 0.
    pub number: i32,
    /// How many rows it has.
    pub rows: i32,
    /// The object's bytes.
    pub bytes: Vec<u8>,
}

/// A file that was read to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ParsedFile {
    /// How many rows it has.
    pub rows: i32,
    /// How many batches they fill.
    pub batches: i32,
    /// For each batch, which rows a later row takes back, as (row, by).
    pub superseded: BTreeMap<i32, Vec<(i32, i32)>>,
}

enum Piece {
    Layout(Box<FileLayout>),
    Batch(ReadBatch),
}

enum Failure {
    Refused(Refusal),
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Ours(error)
    }
}

impl From<tabular::ReadError> for Failure {
    fn from(error: tabular::ReadError) -> Self {
        match error {
            tabular::ReadError::Io(error) => Failure::Ours(Error::internal(error)),
            refused => Failure::Refused(Refusal { code: refused.code(), message: refused.to_string() }),
        }
    }
}

/// Reads an uploaded file and sends its first batches on their way.
pub async fn parse(cx: Cx, object: ObjectCreated) -> Result<()> {
    let Some((tenant, import)) = ids(&object.key) else {
        tracing::warn!(key = object.key, "an object that is no upload of an import");
        return Ok(());
    };
    let db = cx.get::<ImportsDb>().await?;
    let Some(job) = db.begin_parsing(tenant, import, object.version_id.as_deref(), cx.now).await? else {
        tracing::info!(%import, "the import does not wait for this file; a second upload is not imported");
        return Ok(());
    };
    match read_and_upload(&cx, &db, tenant, &job, &object).await {
        Ok(parsed) => {
            db.finish_parsing(tenant, import, parsed.rows, parsed.batches, &parsed.superseded, time_now()).await?;
            let sent = send_batches(&cx, &db, tenant, import).await?;
            if sent == 0 && db.settle_import(tenant, import, cx.now).await? {
                send_finish(&cx, tenant, import).await?;
            }
            Ok(())
        }
        Err(Failure::Refused(refusal)) => {
            db.fail_import(tenant, import, ImportStatus::Parsing, refusal.code, &refusal.message, time_now()).await?;
            publish(&cx, &db, tenant).await
        }
        Err(Failure::Ours(error)) => {
            if cx.attempt >= MAX_ATTEMPTS {
                let message = "the file could not be read because of a fault on our side; resume the import to try again";
                db.fail_import(tenant, import, ImportStatus::Parsing, "internal_error", message, time_now()).await?;
                publish(&cx, &db, tenant).await?;
            }
            Err(error)
        }
    }
}

/// The end of a step, which may lie minutes after its beginning.
fn time_now() -> time::OffsetDateTime {
    time::OffsetDateTime::now_utc()
}

pub(crate) async fn publish(cx: &Cx, db: &ImportsDb, tenant: TenantId) -> Result<()> {
    db.publish_pending(cx.get::<cloud::Bus>().await?.as_ref(), tenant, cx.now).await
}

/// `uploads/<tenant>/<import>/<name>`
fn ids(key: &str) -> Option<(TenantId, Uuid)> {
    let mut parts = key.strip_prefix("uploads/")?.split('/');
    Some((TenantId(parts.next()?.parse().ok()?), parts.next()?.parse().ok()?))
}

async fn read_and_upload(
    cx: &Cx,
    db: &ImportsDb,
    tenant: TenantId,
    job: &ImportJob,
    object: &ObjectCreated,
) -> Result<ParsedFile, Failure> {
    let started = std::time::Instant::now();
    let objects = cx.get::<Objects>().await?;
    let file = objects.read(&job.object_key, object.version_id.as_deref()).await?;
    if file.size > MAX_FILE_BYTES {
        let message = format!("expected a file of at most 50 MB, found {} bytes; split it and import the parts", file.size);
        return Err(Failure::Refused(Refusal { code: "file_too_large", message }));
    }
    let limits = Limits {
        batch_rows: cx.env().parsed("IMPORT_BATCH_ROWS", 1_000).map_err(Error::from)?,
        file_rows: cx.env().parsed("IMPORT_MAX_ROWS", 200_000).map_err(Error::from)?,
    };
    let (pieces, received) = mpsc::channel(2);
    let bridge = SyncIoBridge::new(file.body);
    let options = job.options.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let chosen = Chosen { mapping: options.mapping, currency: options.currency, weight_unit: options.weight_unit };
        read_pieces(bridge, &chosen, limits, |piece| {
            pieces.blocking_send(piece).map_err(|_| Failure::Ours(Error::internal("the uploading side has ended")))
        })
    });

    let (import, objects) = (job.id, objects.as_ref());
    let uploaded = futures::stream::unfold(received, |mut received| async move { Some((received.recv().await?, received)) })
        .map(Ok::<_, Error>)
        .try_for_each_concurrent(UPLOADS, |piece| async move {
            match piece {
                Piece::Layout(layout) => db.set_layout(tenant, import, &layout, time_now()).await,
                Piece::Batch(batch) => {
                    let key = format!("batches/{tenant}/{import}/{:05}.ndjson.zst", batch.number);
                    objects.write(&key, "application/zstd", batch.bytes).await?;
                    let new = NewBatch { number: batch.number, object_key: key, rows: batch.rows };
                    db.register_batch(tenant, import, &new, time_now()).await
                }
            }
        })
        .await;
    let parsed = reading.await.map_err(Error::internal)?;
    // When both sides failed, the uploading side knows why.
    uploaded?;
    let parsed = parsed?;
    #[expect(clippy::cast_precision_loss, reason = "a measurement")]
    emit_metrics(
        cx,
        &[("function", "imports.parse")],
        &[
            Metric("RowsParsed", f64::from(parsed.rows), Unit::Count),
            Metric("ParseTime", started.elapsed().as_millis() as f64, Unit::Milliseconds),
        ],
    );
    Ok(parsed)
}

/// What the seller chose.
struct Chosen {
    mapping: Option<Mapping>,
    currency: product::Currency,
    weight_unit: WeightUnit,
}

/// Reads a file into batches, without a cloud: what the benchmark measures, and what the function does.
///
/// # Errors
/// The code and the message for the seller, when the file cannot be imported.
pub fn read_file(
    source: impl Read,
    limits: Limits,
    mut batch: impl FnMut(ReadBatch),
) -> std::result::Result<ParsedFile, (&'static str, String)> {
    let chosen = Chosen { mapping: None, currency: product::Currency::EUR, weight_unit: WeightUnit::Kilogram };
    let parsed = read_pieces(source, &chosen, limits, |piece| {
        if let Piece::Batch(read) = piece {
            batch(read);
        }
        Ok(())
    });
    parsed.map_err(|failure| match failure {
        Failure::Refused(refusal) => (refusal.code, refusal.message),
        Failure::Ours(error) => ("internal_error", error.to_string()),
    })
}

fn read_pieces(
    source: impl Read,
    chosen: &Chosen,
    limits: Limits,
    mut send: impl FnMut(Piece) -> Result<(), Failure>,
) -> Result<ParsedFile, Failure> {
    let mut table = tabular::open(source)?;
    let columns = map_columns(table.layout(), chosen.mapping.as_deref())?;
    let header = batch_header(table.layout(), &columns, chosen);
    send(Piece::Layout(Box::new(file_layout(table.layout(), columns, header.rules.decimal_mark))))?;

    let mut parsed = ParsedFile::default();
    let mut codes = Codes::new(&header, limits.batch_rows);
    let mut row = Row::default();
    let mut writer = BatchWriter::new(&header)?;
    while table.read(&mut row)? {
        if parsed.rows == limits.file_rows {
            let message = format!("expected at most {} rows, found more; split the file and import the parts", limits.file_rows);
            return Err(Failure::Refused(Refusal { code: "too_many_rows", message }));
        }
        let number = i32::try_from(row.number).map_err(Error::internal)?;
        codes.note(parsed.rows, number, &row, &header, &mut parsed.superseded);
        writer.push(number, &row, &header)?;
        parsed.rows += 1;
        if writer.rows() == limits.batch_rows {
            let full = std::mem::replace(&mut writer, BatchWriter::new(&header)?);
            send(batch_piece(&mut parsed, full)?)?;
        }
    }
    if writer.rows() > 0 {
        send(batch_piece(&mut parsed, writer)?)?;
    }
    Ok(parsed)
}

fn batch_piece(parsed: &mut ParsedFile, writer: BatchWriter) -> Result<Piece> {
    let (number, rows) = (parsed.batches, writer.rows());
    parsed.batches += 1;
    Ok(Piece::Batch(ReadBatch { number, rows, bytes: writer.finish()? }))
}

/// The seller's mapping or the suggestion; refused when it lacks what every product needs.
fn map_columns(layout: &Layout, chosen: Option<&[product::ColumnMapping]>) -> Result<Mapping, Failure> {
    let refuse = |code, message| Err(Failure::Refused(Refusal { code, message }));
    let suggested = suggest(&layout.headers);
    let Some(chosen) = chosen else {
        let missing = missing_required(&suggested);
        if missing.is_empty() {
            return Ok(suggested);
        }
        let found: Vec<String> = layout.headers.iter().take(30).map(|header| format!("\"{header}\"")).collect();
        let message = format!(
            "the columns do not say which holds {}; found {}. Rename the column, or map it by hand",
            missing.join(" and which holds "),
            found.join(", ")
        );
        return refuse("columns_missing", message);
    };
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    if let Some(absent) = chosen.iter().find(|wanted| {
        wanted.field.is_some() && !layout.headers.iter().any(|header| same(header, &wanted.column))
    }) {
        let message = format!("the mapping names the column \"{}\", which the file does not have", absent.column);
        return refuse("mapping_column_missing", message);
    }
    Ok(suggested
        .into_iter()
        .map(|mut column| {
            let wanted = chosen.iter().find(|wanted| same(&wanted.column, &column.column));
            column.field = wanted.and_then(|wanted| wanted.field);
            column.unit = wanted.and_then(|wanted| wanted.unit).or(column.unit);
            column
        })
        .collect())
}

fn batch_header(layout: &Layout, columns: &Mapping, chosen: &Chosen) -> BatchHeader {
    let mapped: Vec<MappedColumn> = columns
        .iter()
        .enumerate()
        .filter_map(|(index, column)| Some(MappedColumn { index, name: column.column.clone(), field: column.field? }))
        .collect();
    let numeric = |field: Field| {
        matches!(
            field,
            Field::Price | Field::NetPrice | Field::CompareAtPrice | Field::CostPrice | Field::Weight | Field::Stock
        )
    };
    let samples = layout.samples.iter().flat_map(|row| {
        mapped.iter().filter(|column| numeric(column.field)).filter_map(|column| row.get(column.index).map(String::as_str))
    });
    let unit = columns.iter().find(|column| column.field == Some(Field::Weight)).and_then(|column| column.unit);
    let rules = RowRules {
        decimal_mark: DecimalMark::detect(samples),
        weight_unit: unit.unwrap_or(chosen.weight_unit),
        currency: chosen.currency,
    };
    BatchHeader { columns: mapped, rules }
}

fn file_layout(layout: &Layout, columns: Mapping, decimal_mark: DecimalMark) -> FileLayout {
    FileLayout {
        format: layout.format.to_owned(),
        encoding: layout.encoding.to_owned(),
        delimiter: layout.delimiter.to_string(),
        header_row: i64::try_from(layout.header_row).unwrap_or(i64::MAX),
        decimal_mark: if decimal_mark == DecimalMark::Comma { "comma" } else { "point" }.to_owned(),
        columns,
    }
}

/// The codes seen so far and the row that had each last: the last valid row of a file wins for a repeated SKU or
/// EAN, whatever the order in which batches are written. 16 bytes a code and the
/// table's own room, so that 200,000 rows stay small.
struct Codes {
    sku: Option<usize>,
    ean: Option<usize>,
    skus: HashMap<u64, (i32, i32)>,
    gtins: HashMap<u64, (i32, i32)>,
    batch_rows: i32,
    hasher: std::hash::RandomState,
}

impl Codes {
    fn new(header: &BatchHeader, batch_rows: i32) -> Self {
        let column = |field| header.columns.iter().find(|column| column.field == field).map(|column| column.index);
        Self {
            sku: column(Field::Sku),
            ean: column(Field::Ean),
            skus: HashMap::new(),
            gtins: HashMap::new(),
            batch_rows,
            hasher: std::hash::RandomState::new(),
        }
    }

    /// Notes a row's codes. `position` is its place among the rows, from 0.
    fn note(
        &mut self,
        position: i32,
        number: i32,
        row: &Row,
        header: &BatchHeader,
        superseded: &mut BTreeMap<i32, Vec<(i32, i32)>>,
    ) {
        use std::hash::BuildHasher;
        if row.problem.is_some() {
            return;
        }
        let sku = self.sku.map(|index| row.cell(index).trim()).filter(|sku| !sku.is_empty());
        let gtin = self.ean.and_then(|index| Gtin::parse(row.cell(index)).ok());
        let sku_key = sku.map(|sku| self.hasher.hash_one(sku));
        let gtin_key = gtin.map(|gtin| self.hasher.hash_one(gtin.to_gtin14()));
        let earlier = [
            sku_key.and_then(|key| self.skus.get(&key).copied()),
            gtin_key.and_then(|key| self.gtins.get(&key).copied()),
        ];
        if earlier.iter().any(Option::is_some) {
            // A row with errors takes nothing back. Repeated codes are rare, so the check costs little here.
            if validate(&cells(row, header), &header.rules).is_err() {
                return;
            }
            for (earlier_position, earlier_number) in earlier.into_iter().flatten() {
                let rows = superseded.entry(earlier_position / self.batch_rows).or_default();
                if !rows.iter().any(|(row, _)| *row == earlier_number) {
                    rows.push((earlier_number, number));
                }
            }
        }
        if let Some(key) = sku_key {
            self.skus.insert(key, (position, number));
        }
        if let Some(key) = gtin_key {
            self.gtins.insert(key, (position, number));
        }
    }
}

fn cells<'r>(row: &'r Row, header: &BatchHeader) -> Cells<'r> {
    let mut cells = Cells::default();
    for column in &header.columns {
        if cells.get(column.field).is_none() {
            cells.set(column.field, row.cell(column.index));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<(ParsedFile, Vec<i32>), (&'static str, String)> {
        let mut sizes = Vec::new();
        let parsed = read_file(text.as_bytes(), Limits { batch_rows: 2, file_rows: 6 }, |batch| sizes.push(batch.rows))?;
        Ok((parsed, sizes))
    }

    #[test]
    fn cuts_a_file_into_batches() {
        let (parsed, sizes) = read("sku,title\n1,a\n2,b\n\n3,c\n").unwrap();
        assert_eq!((parsed.rows, parsed.batches, sizes), (3, 2, vec![2, 1]));
        assert!(parsed.superseded.is_empty());
        assert_eq!(read("sku,title\n").unwrap().0, ParsedFile::default());
    }

    #[test]
    fn the_last_valid_row_of_a_code_takes_the_earlier_ones_back() {
        let (parsed, _) = read(
            "sku,ean,title,price\n\
             1,4006381333931,first,1\n\
             2,,other,1\n\
             1,,second,1\n\
             3,4006381333931,third,1\n\
             2,,broken,-5\n",
        )
        .unwrap();
        // Row 2 is taken back by row 4 (SKU), and once is enough; row 3 stays, because row 6 is no valid row.
        assert_eq!(parsed.superseded, BTreeMap::from([(0, vec![(2, 4)])]));
    }

    #[test]
    fn says_why_a_file_is_refused() {
        let (code, message) = read("colour,size\nred,4\n").unwrap_err();
        assert_eq!(code, "columns_missing");
        assert!(message.contains("a title") && message.contains("an EAN or a SKU") && message.contains("\"colour\", \"size\""), "{message}");
        let (code, _) = read("sku,title\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n7,g\n").unwrap_err();
        assert_eq!(code, "too_many_rows");
        assert_eq!(read("sku,title\n1,\"a\n").unwrap_err().0, "file_unclosed_quote");
    }

    #[test]
    fn reads_ids_from_the_key_and_from_no_other() {
        let (tenant, import) = (Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(ids(&format!("uploads/{tenant}/{import}/a.csv")), Some((TenantId(tenant), import)));
        assert_eq!(ids("uploads/x/y/z"), None);
        assert_eq!(ids(&format!("media/{tenant}/{import}/a.csv")), None);
    }
}
