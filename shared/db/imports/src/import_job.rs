//! An import as the API shows it, and as its row in the database is read.

use product::{Currency, ImportMode, Mapping, WeightUnit};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// The upload address was given out; the file is not there yet.
    AwaitingUpload,
    /// The file is being read.
    Parsing,
    /// Its rows are being written to the catalogue.
    Applying,
    /// The report is being made.
    Finishing,
    /// Done; every row was good.
    Completed,
    /// Done; some rows were rejected, see the errors.
    CompletedWithErrors,
    /// Nothing more will happen; see the message.
    Failed,
}

/// What the seller chose for an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportOptions {
    /// The mapping, when the suggestion is not to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub mapping: Option<Mapping>,
    /// The currency of prices whose row names none.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// The unit of weights whose row and header name none: `g`, `kg`, `lb` or `oz`.
    #[schema(value_type = String)]
    pub weight_unit: WeightUnit,
}

/// What was found in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileLayout {
    /// `csv`.
    pub format: String,
    /// Such as `UTF-8`.
    pub encoding: String,
    /// The character between cells.
    pub delimiter: String,
    /// The row with the column names, counted from 1.
    pub header_row: i64,
    /// `point` or `comma`.
    pub decimal_mark: String,
    /// The columns and the field that each fills; `null` = left out.
    #[schema(value_type = Vec<Object>)]
    pub columns: Mapping,
}

/// How many rows came to what. They add up to `rows` once the import is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportTotals {
    /// Rows in the file, blank ones and the header not counted; `null` until it was read to its end.
    pub rows: Option<i32>,
    /// Products that were made.
    pub created: i32,
    /// Products that were changed.
    pub updated: i32,
    /// Products that were as the row says.
    pub unchanged: i32,
    /// Rows left out on purpose: by the mode, or because a later row has the same code.
    pub skipped: i32,
    /// Rows with errors.
    pub rejected: i32,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportProgress {
    /// 0 to 100.
    pub percent: i32,
    /// Rows dealt with so far.
    pub rows: i32,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportJob {
    /// The id.
    pub id: Uuid,
    /// Where it stands.
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
    /// What was found in the file; `null` until it was looked at.
    pub layout: Option<FileLayout>,
    /// Why it ended as it did, as a code.
    pub code: Option<String>,
    /// Why it ended as it did, for people.
    pub message: Option<String>,
    /// How many rows came to what.
    pub totals: ImportTotals,
    /// How far it is.
    pub progress: ImportProgress,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the file arrived.
    #[serde(with = "time::serde::rfc3339::option")]
    pub uploaded_at: Option<OffsetDateTime>,
    /// When the file had been read.
    #[serde(with = "time::serde::rfc3339::option")]
    pub parsed_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
    /// The object that holds the file.
    #[serde(skip)]
    pub object_key: String,
    /// The version of it that is imported.
    #[serde(skip)]
    pub object_version: Option<String>,
    /// The object that holds the report of the errors.
    #[serde(skip)]
    pub report_key: Option<String>,
}

/// An import that is asked for.
pub struct NewImport {
    /// The import's id.
    pub id: Uuid,
    /// The file's name.
    pub file_name: String,
    /// The file's size.
    pub size_bytes: i64,
    /// Where the file will be.
    pub object_key: String,
    /// The supplier.
    pub supplier: Option<(Uuid, String)>,
    /// What to do with products that are there.
    pub mode: ImportMode,
    /// What else the seller chose.
    pub options: ImportOptions,
    /// Repeated with the same key, it is the same import.
    pub idempotency_key: Option<String>,
}

impl ImportStatus {
    /// The status's name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ImportStatus::AwaitingUpload => "awaiting_upload",
            ImportStatus::Parsing => "parsing",
            ImportStatus::Applying => "applying",
            ImportStatus::Finishing => "finishing",
            ImportStatus::Completed => "completed",
            ImportStatus::CompletedWithErrors => "completed_with_errors",
            ImportStatus::Failed => "failed",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "awaiting_upload" => ImportStatus::AwaitingUpload,
            "parsing" => ImportStatus::Parsing,
            "applying" => ImportStatus::Applying,
            "finishing" => ImportStatus::Finishing,
            "completed" => ImportStatus::Completed,
            "completed_with_errors" => ImportStatus::CompletedWithErrors,
            _ => ImportStatus::Failed,
        }
    }
}

/// An import with the sums of its batches: while it runs, they are its totals.
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
            ImportStatus::Completed | ImportStatus::CompletedWithErrors => 100,
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
