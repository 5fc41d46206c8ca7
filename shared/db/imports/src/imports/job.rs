//! An import as the API shows it, and its row in the database.

use db_tenancy::{TenantTx, error};
use messages::Text;
use product::ImportMode;
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{FileLayout, FileNotice, ImportOptions};

/// The status of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// The upload address was returned; the file has not arrived.
    AwaitingUpload,
    /// The file has arrived; the import waits for a person to inspect and start it.
    Uploaded,
    /// The file is being read.
    Parsing,
    /// The preview is being computed: what each row would do.
    Previewing,
    /// The guards are being checked.
    Judging,
    /// The preview is complete; nothing happens until the import is applied.
    Ready,
    /// A guard holds it; nothing happens until a person lets it through.
    Held,
    /// Its rows are being written to the catalogue.
    Applying,
    /// The report is being written.
    Finishing,
    /// Done, without errors.
    Completed,
    /// Done; some rows were rejected (see the errors).
    CompletedWithErrors,
    /// Ended without success (see the message).
    Failed,
    /// A person stopped it. What was already applied stays, and can be undone.
    Cancelled,
}

/// How far an import runs without a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// The file is stored, and waits to be inspected.
    Inspect,
    /// Until the preview is complete: what every row would do.
    Preview,
    /// To its end, unless a guard holds it.
    #[default]
    Apply,
}

/// The number of rows by result. The numbers add up to `rows` when the import is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportTotals {
    /// Rows in the file, without the header and blank rows; `null` until the file was read to its end.
    pub rows: Option<i32>,
    /// Products that were created.
    pub created: i32,
    /// Products that were changed.
    pub updated: i32,
    /// Products that already were as the row says.
    pub unchanged: i32,
    /// Rows that were skipped on purpose: because of the mode, or because a later row has the same SKU or EAN.
    pub skipped: i32,
    /// Rows with errors.
    pub rejected: i32,
}

/// The progress of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportProgress {
    /// The progress in percent, 0 to 100.
    pub percent: i32,
    /// Rows that were processed so far.
    pub rows: i32,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ImportJob {
    /// The id.
    pub id: Uuid,
    /// The status.
    pub status: ImportStatus,
    /// The file's name.
    pub file_name: String,
    /// The file's size.
    pub size_bytes: i64,
    /// The supplier of the products.
    pub supplier_id: Option<Uuid>,
    /// The supplier's name when the import began.
    pub supplier_name: Option<String>,
    /// `update`, `ignore` or `create_only`.
    #[schema(value_type = String)]
    pub mode: ImportMode,
    /// What the seller chose.
    pub options: ImportOptions,
    /// What was found in the file; `null` until it was read.
    pub layout: Option<FileLayout>,
    /// How far it runs without a person.
    pub run: Run,
    /// Why it is held.
    pub holds: Vec<FileNotice>,
    /// Warnings about the file: for example columns that are gone or new.
    pub warnings: Vec<FileNotice>,
    /// Why it ended as it did, as a code.
    pub code: Option<String>,
    /// Why it ended as it did, for people.
    pub message: Option<String>,
    /// The number of rows by result.
    pub totals: ImportTotals,
    /// The progress.
    pub progress: ImportProgress,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the file arrived.
    #[serde(with = "time::serde::rfc3339::option")]
    pub uploaded_at: Option<OffsetDateTime>,
    /// The automation that started it.
    pub automation_id: Option<Uuid>,
    /// How many of the supplier's products the file does not have, and were archived or put out of stock for that.
    pub absent_products: i32,
    /// The catalogue's job that undoes it.
    pub undone_by: Option<Uuid>,
    /// When its preview was complete.
    #[serde(with = "time::serde::rfc3339::option")]
    pub previewed_at: Option<OffsetDateTime>,
    /// When the file was read to its end.
    #[serde(with = "time::serde::rfc3339::option")]
    pub parsed_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
    /// The object that holds the file.
    #[serde(skip)]
    pub object_key: String,
    /// The version of the object that is imported.
    #[serde(skip)]
    pub object_version: Option<String>,
    /// The object that holds the report of the errors.
    #[serde(skip)]
    pub report_key: Option<String>,
    /// The codes of the guards that a person overrode.
    #[serde(skip)]
    pub let_through: Vec<String>,
    /// The file's SHA-256.
    #[serde(skip)]
    pub content_hash: Option<String>,
    /// The user who created it.
    #[serde(skip)]
    pub created_by: Option<Uuid>,
}

/// An import to be created.
pub struct NewImport {
    /// The import's id.
    pub id: Uuid,
    /// The file's name.
    pub file_name: String,
    /// The file's size.
    pub size_bytes: i64,
    /// The object key of the file.
    pub object_key: String,
    /// The supplier.
    pub supplier: Option<(Uuid, String)>,
    /// What to do with products that already exist.
    pub mode: ImportMode,
    /// What else the seller chose.
    pub options: ImportOptions,
    /// How far it runs without a person.
    pub run: Run,
    /// The automation that starts it.
    pub automation: Option<Uuid>,
    /// A second request with the same key returns the same import.
    pub idempotency_key: Option<String>,
    /// The SHA-256 of the request, if a caller sent the key: the same key with another request is refused.
    pub request_hash: Option<[u8; 32]>,
}

impl Run {
    /// The name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Run::Inspect => "inspect",
            Run::Preview => "preview",
            Run::Apply => "apply",
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "inspect" => Run::Inspect,
            "preview" => Run::Preview,
            _ => Run::Apply,
        }
    }
}

impl ImportStatus {
    /// The status's name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ImportStatus::AwaitingUpload => "awaiting_upload",
            ImportStatus::Uploaded => "uploaded",
            ImportStatus::Parsing => "parsing",
            ImportStatus::Previewing => "previewing",
            ImportStatus::Judging => "judging",
            ImportStatus::Ready => "ready",
            ImportStatus::Held => "held",
            ImportStatus::Applying => "applying",
            ImportStatus::Finishing => "finishing",
            ImportStatus::Completed => "completed",
            ImportStatus::CompletedWithErrors => "completed_with_errors",
            ImportStatus::Failed => "failed",
            ImportStatus::Cancelled => "cancelled",
        }
    }

    /// The words for the status, for messages.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            ImportStatus::AwaitingUpload => messages::imports::awaiting_upload(),
            ImportStatus::Uploaded => messages::imports::uploaded(),
            ImportStatus::Parsing => messages::imports::parsing(),
            ImportStatus::Previewing => messages::imports::previewing(),
            ImportStatus::Judging => messages::imports::judging(),
            ImportStatus::Ready => messages::imports::ready(),
            ImportStatus::Held => messages::imports::held(),
            ImportStatus::Applying => messages::imports::applying(),
            ImportStatus::Finishing => messages::imports::finishing(),
            ImportStatus::Completed => messages::imports::completed(),
            ImportStatus::CompletedWithErrors => messages::imports::completed_with_errors(),
            ImportStatus::Failed => messages::imports::failed(),
            ImportStatus::Cancelled => messages::imports::cancelled(),
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "awaiting_upload" => ImportStatus::AwaitingUpload,
            "uploaded" => ImportStatus::Uploaded,
            "parsing" => ImportStatus::Parsing,
            "previewing" => ImportStatus::Previewing,
            "judging" => ImportStatus::Judging,
            "ready" => ImportStatus::Ready,
            "held" => ImportStatus::Held,
            "cancelled" => ImportStatus::Cancelled,
            "applying" => ImportStatus::Applying,
            "finishing" => ImportStatus::Finishing,
            "completed" => ImportStatus::Completed,
            "completed_with_errors" => ImportStatus::CompletedWithErrors,
            _ => ImportStatus::Failed,
        }
    }
}

/// A row of an import, with the sums of its batches: while the import runs, they are its totals.
pub(crate) struct JobRow {
    pub(crate) id: Uuid,
    pub(crate) status: String,
    pub(crate) file_name: String,
    pub(crate) size_bytes: i64,
    pub(crate) object_key: String,
    pub(crate) object_version: Option<String>,
    pub(crate) supplier_id: Option<Uuid>,
    pub(crate) supplier_name: Option<String>,
    pub(crate) mode: String,
    pub(crate) options: Json<ImportOptions>,
    pub(crate) layout: Option<Json<FileLayout>>,
    pub(crate) run: String,
    pub(crate) holds: Json<Vec<FileNotice>>,
    pub(crate) warnings: Json<Vec<FileNotice>>,
    pub(crate) let_through: Vec<String>,
    pub(crate) content_hash: Option<String>,
    pub(crate) created_by: Option<Uuid>,
    pub(crate) automation_id: Option<Uuid>,
    pub(crate) absent_products: i32,
    pub(crate) undone_by: Option<Uuid>,
    pub(crate) previewed_at: Option<OffsetDateTime>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) total_rows: Option<i32>,
    pub(crate) report_key: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) uploaded_at: Option<OffsetDateTime>,
    pub(crate) parsed_at: Option<OffsetDateTime>,
    pub(crate) finished_at: Option<OffsetDateTime>,
    pub(crate) created: i32,
    pub(crate) updated: i32,
    pub(crate) unchanged: i32,
    pub(crate) skipped: i32,
    pub(crate) rejected: i32,
}

impl From<JobRow> for ImportJob {
    fn from(row: JobRow) -> Self {
        let status = ImportStatus::named(&row.status);
        let totals = ImportTotals {
            rows: row.total_rows,
            created: row.created,
            updated: row.updated,
            unchanged: row.unchanged,
            skipped: row.skipped,
            rejected: row.rejected,
        };
        let done = totals.created + totals.updated + totals.unchanged + totals.skipped + totals.rejected;
        let percent = match status {
            ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Ready | ImportStatus::Held => {
                100
            }
            _ => row
                .total_rows
                .filter(|rows| *rows > 0)
                .map_or(0, |rows| i32::try_from(i64::from(done) * 100 / i64::from(rows)).unwrap_or(0)),
        };
        ImportJob {
            id: row.id,
            status,
            file_name: row.file_name,
            size_bytes: row.size_bytes,
            supplier_id: row.supplier_id,
            supplier_name: row.supplier_name,
            mode: ImportMode::named(&row.mode).unwrap_or_default(),
            options: row.options.0,
            layout: row.layout.map(|layout| layout.0),
            run: Run::named(&row.run),
            holds: row.holds.0,
            warnings: row.warnings.0,
            let_through: row.let_through,
            content_hash: row.content_hash,
            created_by: row.created_by,
            automation_id: row.automation_id,
            absent_products: row.absent_products,
            undone_by: row.undone_by,
            previewed_at: row.previewed_at,
            code: row.code,
            message: row.message,
            totals,
            progress: ImportProgress { percent, rows: done },
            created_at: row.created_at,
            uploaded_at: row.uploaded_at,
            parsed_at: row.parsed_at,
            finished_at: row.finished_at,
            object_key: row.object_key,
            object_version: row.object_version,
            report_key: row.report_key,
        }
    }
}

pub(crate) async fn job(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<ImportJob> {
    jobs(tx, tenant, Some(id), None, 1).await?.pop().ok_or_else(|| Error::NotFound(messages::things::import()))
}

pub(crate) async fn jobs(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ImportJob>> {
    let rows = sqlx::query_as!(
        JobRow,
        "select j.import_id as id, j.status, file_name, size_bytes, j.object_key, object_version, supplier_id,
                supplier_name, mode, options as \"options: Json<ImportOptions>\", layout as \"layout: Json<FileLayout>\",
                run, holds as \"holds: Json<Vec<FileNotice>>\", warnings as \"warnings: Json<Vec<FileNotice>>\", let_through, content_hash,
                created_by, automation_id, absent_products, undone_by, previewed_at,
                code, message, j.total_rows, report_key, created_at, uploaded_at, parsed_at, finished_at,
                coalesce(b.created, 0)::int as \"created!\", coalesce(b.updated, 0)::int as \"updated!\",
                coalesce(b.unchanged, 0)::int as \"unchanged!\", coalesce(b.skipped, 0)::int as \"skipped!\",
                coalesce(b.rejected, 0)::int as \"rejected!\"
         from import_jobs j
         left join lateral (
             select sum(created_rows) as created, sum(updated_rows) as updated, sum(unchanged_rows) as unchanged,
                    sum(skipped_rows) as skipped, sum(rejected_rows) as rejected
             from import_batches b where b.tenant_id = $1 and b.import_id = j.import_id
         ) b on true
         where j.tenant_id = $1 and ($2::uuid is null or j.import_id = $2) and ($3::uuid is null or j.import_id < $3)
         order by j.import_id desc limit $4",
        tenant.0,
        id,
        before,
        limit
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(error)?;
    Ok(rows.into_iter().map(ImportJob::from).collect())
}
