//! Import jobs: one row each, whose status only moves forward, except when a job is resumed.

use db_tenancy::{TenantTx, begin, error};
use product::{Currency, ImportMode, Mapping, WeightUnit};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ImportsDb;

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
    /// Who asks.
    pub user: Uuid,
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

impl ImportsDb {
    /// Notes an import that is asked for; one asked for before with the same key is given instead.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create_import(&self, tenant: TenantId, new: &NewImport, now: OffsetDateTime) -> Result<ImportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into import_jobs (tenant_id, import_id, status, file_name, size_bytes, object_key, supplier_id,
                    supplier_name, mode, options, idempotency_key, created_by, created_at, progressed_at)
             values ($1, $2, 'awaiting_upload', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
             on conflict on constraint import_jobs_idempotency_key do nothing",
            tenant.0,
            new.id,
            new.file_name,
            new.size_bytes,
            new.object_key,
            new.supplier.as_ref().map(|supplier| supplier.0),
            new.supplier.as_ref().map(|supplier| supplier.1.as_str()),
            new.mode.as_str(),
            Json(&new.options) as _,
            new.idempotency_key,
            new.user,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let id = sqlx::query_scalar!(
            "select import_id from import_jobs where tenant_id = $1 and (import_id = $2 or idempotency_key = $3)",
            tenant.0,
            new.id,
            new.idempotency_key
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(error)?;
        let job = job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(job)
    }

    /// An import.
    ///
    /// # Errors
    /// 404 when the tenant has none with this id.
    pub async fn import(&self, tenant: TenantId, id: Uuid) -> Result<ImportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await
    }

    /// The imports, the newest first; `before` is the last id of the page before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn imports(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<ImportJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let jobs = jobs(&mut tx, tenant, None, before, limit + 1).await?;
        Ok(Page::cut(jobs, limit, |job| Cursor::Id(job.id)))
    }

    /// Claims an uploaded file for parsing. The first upload counts; a redelivery of its notification finds the
    /// import parsing already and goes on with it. `None` when there is nothing to do.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_parsing(
        &self,
        tenant: TenantId,
        id: Uuid,
        version: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Option<ImportJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let claimed = sqlx::query_scalar!(
            "update import_jobs set status = 'parsing', uploaded_at = coalesce(uploaded_at, $4), progressed_at = $4,
                    object_version = coalesce(object_version, $3)
             where tenant_id = $1 and import_id = $2
               and (status = 'awaiting_upload' or (status = 'parsing' and object_version is not distinct from $3))
             returning import_id",
            tenant.0,
            id,
            version,
            now
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        let job = match claimed {
            Some(id) => Some(job(&mut tx, tenant, id).await?),
            None => None,
        };
        tx.commit().await.map_err(error)?;
        Ok(job)
    }

    /// Notes what was found in the file.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_layout(&self, tenant: TenantId, id: Uuid, layout: &FileLayout, now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update import_jobs set layout = $3, progressed_at = $4 where tenant_id = $1 and import_id = $2",
            tenant.0,
            id,
            Json(layout) as _,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Ends an import that cannot go on, if it still stands where the caller saw it: another delivery may have gone on
    /// with it meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fail_import(
        &self,
        tenant: TenantId,
        id: Uuid,
        seen: ImportStatus,
        code: &str,
        message: &str,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let failed = sqlx::query!(
            "update import_jobs set status = 'failed', code = $3, message = $4, finished_at = $5, progressed_at = $5
             where tenant_id = $1 and import_id = $2 and status = $6",
            tenant.0,
            id,
            code,
            message,
            now,
            seen.as_str()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        if failed.rows_affected() > 0 {
            crate::events::note(&mut tx, tenant, id, "failed", Some(message), now).await?;
            crate::finish::announce(&mut tx, tenant, id, now).await?;
        }
        tx.commit().await.map_err(error)
    }

    /// The unfinished imports of all tenants without progress since `older_than`, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stalled_imports(&self, older_than: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let stalled = sqlx::query!(
            "select tenant_id as \"tenant_id!\", import_id as \"import_id!\" from stalled_imports($1, $2)",
            older_than,
            most
        );
        let stalled = stalled.fetch_all(&self.pool).await.map_err(error)?;
        Ok(stalled.into_iter().map(|row| (TenantId(row.tenant_id), row.import_id)).collect())
    }

    /// Notes that an import is resumed by the sweeper, and how often it was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_resume(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<i32> {
        let mut tx = begin(&self.pool, tenant).await?;
        let resumes = sqlx::query_scalar!(
            "update import_jobs set progressed_at = $3, resumes = resumes + 1 where tenant_id = $1 and import_id = $2 returning resumes",
            tenant.0,
            id,
            now
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or(Error::NotFound("import"))?;
        crate::events::note(&mut tx, tenant, id, "stalled", Some("no progress was seen; the import was resumed"), now)
            .await?;
        tx.commit().await.map_err(error)?;
        Ok(resumes)
    }

    /// Lets an import whose file could not be read because of a fault of ours be read again; tells whether it can.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reopen_parsing(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let reopened = sqlx::query!(
            "update import_jobs set status = 'parsing', code = null, message = null, finished_at = null, progressed_at = $3, resumes = 0
             where tenant_id = $1 and import_id = $2 and status = 'failed' and code = 'internal_error' and uploaded_at is not null",
            tenant.0,
            id,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(reopened.rows_affected() > 0)
    }
}

pub(crate) async fn job(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<ImportJob> {
    jobs(tx, tenant, Some(id), None, 1).await?.pop().ok_or(Error::NotFound("import"))
}

async fn jobs(
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
