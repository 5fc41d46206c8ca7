//! Export jobs.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use messages::Language;
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::exports::job::{ExportFile, ExportJob, LeftOutReason, job, jobs, status_label};
use crate::requests::{KEYS_ARE_KEPT, same_request};
use crate::{ImportsDb, events};

/// An export to be created.
pub struct NewExport {
    /// Its id.
    pub id: Uuid,
    /// The layout.
    pub layout: String,
    /// The format.
    pub format: String,
    /// Its name.
    pub name: String,
    /// The template.
    pub template_id: Option<Uuid>,
    /// The schedule that begins it.
    pub schedule_id: Option<Uuid>,
    /// The ids of the destinations of the files.
    pub destinations: Vec<Uuid>,
    /// Export only products that changed in or after this transaction of `db_catalog`.
    pub changed_from: Option<i64>,
    /// What the seller chose.
    pub options: Value,
    /// A second request with the same key returns the same export.
    pub idempotency_key: Option<String>,
    /// The SHA-256 of the request, if a caller sent the key: the same key with another request is refused.
    pub request_hash: Option<[u8; 32]>,
}

/// The result of an export.
pub struct ExportResult {
    /// How many products matched.
    pub total: i32,
    /// How many are in the files.
    pub exported: i32,
    /// Why the others are not.
    pub left_out: Vec<LeftOutReason>,
    /// What the files do not contain although the catalogue does.
    pub warnings: Vec<LeftOutReason>,
    /// The files.
    pub files: Vec<ExportFile>,
    /// The last transaction of `db_catalog` that the export contains.
    pub changed_to: i64,
}

/// How long files are kept; then the bucket's lifecycle removes them.
const KEPT: time::Duration = time::Duration::days(30);

impl ImportsDb {
    /// Creates an export. If one was created before with the same key, returns that one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create_export(
        &self,
        tenant: TenantId,
        new: &NewExport,
        by: Option<Uuid>,
        by_hand: bool,
        stamp: &Stamp,
    ) -> Result<ExportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        if new.request_hash.is_some() {
            // A caller's key is kept for a day.
            sqlx::query!(
                "update export_jobs set idempotency_key = null
                 where tenant_id = $1 and idempotency_key = $2 and created_at < $3",
                tenant.0,
                new.idempotency_key,
                stamp.at - KEYS_ARE_KEPT
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        }
        sqlx::query!(
            "insert into export_jobs (tenant_id, export_id, status, layout, options, idempotency_key, created_by, created_at, progressed_at,
                    format, name, template_id, schedule_id, destinations, changed_from, request_hash, cause)
             values ($1, $2, 'queued', $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $15,
                     case when $11::uuid is null or $14 then 'by_hand' else 'schedule' end)
             on conflict on constraint export_jobs_idempotency_key do nothing",
            tenant.0,
            new.id,
            new.layout,
            new.options,
            new.idempotency_key,
            by,
            stamp.at,
            new.format,
            new.name,
            new.template_id,
            new.schedule_id,
            &new.destinations,
            new.changed_from,
            by_hand,
            new.request_hash.as_ref().map(<[u8; 32]>::as_slice)
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let found = sqlx::query!(
            "select export_id as id, request_hash from export_jobs
             where tenant_id = $1 and (export_id = $2 or idempotency_key = $3)",
            tenant.0,
            new.id,
            new.idempotency_key
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(error)?;
        let id = same_request(found.id, found.request_hash.as_deref(), new.request_hash)?;
        let job = job(&mut tx, tenant, id).await?;
        if id == new.id {
            events::note(&mut tx, tenant, id, "queued", None, stamp.at).await?;
            let created = Change::new("export.created", id).to(json!({ "layout": new.layout, "options": new.options }));
            record_change(&mut tx, tenant, stamp, created).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(job)
    }

    /// Returns an export.
    ///
    /// # Errors
    /// 404 when the tenant has no export with this id.
    pub async fn export(&self, tenant: TenantId, id: Uuid) -> Result<ExportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await
    }

    /// Lists the exports of one schedule, or all, the newest first. `before` is the last id of the previous page.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn exports(
        &self,
        tenant: TenantId,
        schedule: Option<Uuid>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<ExportJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let jobs = jobs(&mut tx, tenant, None, schedule, before, limit + 1).await?;
        Ok(Page::cut(jobs, limit, |job| Cursor::Id(job.id)))
    }

    /// Claims an export that has not ended, for one more try. Returns it and the number of the try; `None` when there
    /// is nothing to do, or another try made progress within the last two minutes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_export(
        &self,
        tenant: TenantId,
        id: Uuid,
        language: Language,
        now: OffsetDateTime,
    ) -> Result<Option<(ExportJob, i32)>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let claimed = sqlx::query!(
            "update export_jobs set status = 'running', progressed_at = $3, attempts = attempts + 1, done_products = 0, started_at = $3
             where tenant_id = $1 and export_id = $2
               and (status = 'queued' or (status = 'running' and progressed_at < $3::timestamptz - interval '2 minutes'))
             returning attempts",
            tenant.0,
            id,
            now
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        let Some(claimed) = claimed else { return Ok(None) };
        let job = job(&mut tx, tenant, id).await?;
        let detail = (claimed.attempts > 1).then(|| messages::exports::export_attempt(claimed.attempts));
        events::note(&mut tx, tenant, id, "started", detail.as_ref().map(|detail| detail.shown(language)), now).await?;
        tx.commit().await.map_err(error)?;
        Ok(Some((job, claimed.attempts)))
    }

    /// Notes the progress of an export. Returns `false` if this try must stop, because the export was cancelled or
    /// another try took it over.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_export_progress(
        &self,
        tenant: TenantId,
        id: Uuid,
        attempt: i32,
        total: i32,
        done: i32,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let noted = sqlx::query!(
            "update export_jobs set total_products = $3, done_products = $4, progressed_at = $5
             where tenant_id = $1 and export_id = $2 and status = 'running' and attempts = $6",
            tenant.0,
            id,
            total,
            done,
            now,
            attempt
        );
        let wanted = noted.execute(&mut *tx).await.map_err(error)?.rows_affected() > 0;
        tx.commit().await.map_err(error)?;
        Ok(wanted)
    }

    /// Cancels an export that has not ended. The function that writes it stops at the next page.
    ///
    /// # Errors
    /// 404 when it does not exist, 409 when it has ended.
    pub async fn cancel_export(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<ExportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = job(&mut tx, tenant, id).await?;
        let cancelled = sqlx::query!(
            "update export_jobs set status = 'cancelled', finished_at = $3, progressed_at = $3
             where tenant_id = $1 and export_id = $2 and status in ('queued', 'running')",
            tenant.0,
            id,
            stamp.at
        );
        if cancelled.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            let message = messages::exports::export_ended(status_label(&before.status));
            return Err(Error::Conflict { code: "export_ended", message });
        }
        events::note(&mut tx, tenant, id, "cancelled", None, stamp.at).await?;
        record_change(&mut tx, tenant, stamp, Change::new("export.cancelled", id)).await?;
        let job = job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(job)
    }

    /// Completes an export, and begins its deliveries. A second call does nothing. Returns the ids of the deliveries.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn complete_export(
        &self,
        tenant: TenantId,
        id: Uuid,
        attempt: i32,
        result: &ExportResult,
        language: Language,
        now: OffsetDateTime,
    ) -> Result<Vec<Uuid>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let completed = sqlx::query!(
            "update export_jobs set status = 'completed', total_products = $3, done_products = $3, exported = $4, left_out = $5,
                    left_out_reasons = $6, warnings = $7, files = $8, finished_at = $9, progressed_at = $9, expires_at = $10, changed_to = $11
             where tenant_id = $1 and export_id = $2 and status = 'running' and attempts = $12
             returning created_at, created_by, name, destinations",
            tenant.0,
            id,
            result.total,
            result.exported,
            result.total - result.exported,
            Json(&result.left_out) as _,
            Json(&result.warnings) as _,
            Json(&result.files) as _,
            now,
            now + KEPT,
            result.changed_to,
            attempt
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        let mut begun = Vec::new();
        if let Some(job) = completed {
            let totals = messages::exports::export_totals(result.exported, result.total - result.exported);
            events::note(&mut tx, tenant, id, "completed", Some(totals.shown(language)), now).await?;
            for destination in job.destinations {
                begun.extend(crate::exports::deliveries::begin_delivery(&mut tx, tenant, id, destination, now).await?);
            }
            let ended = EndedExport { name: &job.name, began: job.created_at, by: job.created_by, message: "" };
            announce(&mut tx, tenant, id, "ExportCompleted", &ended, result.total, result.total - result.exported, now)
                .await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(begun)
    }

    /// Ends an export that cannot continue.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fail_export(
        &self,
        tenant: TenantId,
        id: Uuid,
        code: &str,
        message: &str,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let failed = sqlx::query!(
            "update export_jobs set status = 'failed', message = $3, finished_at = $4, progressed_at = $4, code = $5
             where tenant_id = $1 and export_id = $2 and status in ('queued', 'running') returning created_at, created_by, name",
            tenant.0,
            id,
            message,
            now,
            code
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        if let Some(job) = failed {
            events::note(&mut tx, tenant, id, "failed", Some(message), now).await?;
            let ended = EndedExport { name: &job.name, began: job.created_at, by: job.created_by, message };
            announce(&mut tx, tenant, id, "ExportFailed", &ended, 0, 0, now).await?;
        }
        tx.commit().await.map_err(error)
    }

    /// Lists the unfinished exports of all tenants without progress since `older_than`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stalled_exports(&self, older_than: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let stalled = sqlx::query!(
            "select tenant_id as \"tenant_id!\", export_id as \"export_id!\" from stalled_exports($1, $2)",
            older_than,
            most
        );
        let stalled = stalled.fetch_all(&self.pool).await.map_err(error)?;
        Ok(stalled.into_iter().map(|row| (TenantId(row.tenant_id), row.export_id)).collect())
    }
}

/// What the event of an ended export names.
struct EndedExport<'e> {
    name: &'e str,
    began: OffsetDateTime,
    by: Option<Uuid>,
    message: &'e str,
}

async fn announce(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Uuid,
    kind: &str,
    ended: &EndedExport<'_>,
    total: i32,
    failed: i32,
    now: OffsetDateTime,
) -> Result<()> {
    let detail = json!({
        "tenant_id": tenant,
        "job_id": id,
        "kind": "export",
        "name": ended.name,
        "created_by": ended.by,
        "status": if kind == "ExportCompleted" { "completed" } else { "failed" },
        "message": ended.message,
        "total": total,
        "failed": failed,
        "duration_ms": i64::try_from((now - ended.began).whole_milliseconds()).unwrap_or(i64::MAX).max(0),
        "finished_at": now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default(),
    });
    events::publish_later(tx, tenant, kind, Json(detail), now).await
}
