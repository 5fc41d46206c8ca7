//! Export jobs.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{ImportsDb, events};

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// How many products are in it.
    pub products: i32,
    /// A link that downloads it, valid for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The object that holds it; never shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(ignore)]
    pub key: String,
}

/// Why products are not in the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftOutReason {
    /// A code that clients branch on.
    pub code: String,
    /// What the channel expects and what to do.
    pub message: String,
    /// How many products.
    pub products: i32,
    /// The first of them.
    pub examples: Vec<Uuid>,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExportJob {
    /// The id.
    pub id: Uuid,
    /// `queued`, `running`, `completed` or `failed`.
    pub status: String,
    /// The layout, such as `shopify`.
    pub layout: String,
    /// What the seller chose.
    #[schema(value_type = Object)]
    pub options: Value,
    /// Why it failed, for people.
    pub message: Option<String>,
    /// How many products match; `null` until they were counted.
    pub total_products: Option<i32>,
    /// How many were dealt with so far.
    pub done_products: i32,
    /// How many are in the files.
    pub exported: i32,
    /// How many match and are not in the files.
    pub left_out: i32,
    /// Why they are not.
    #[schema(value_type = Vec<LeftOutReason>)]
    pub left_out_reasons: Json<Vec<LeftOutReason>>,
    /// The files.
    #[schema(value_type = Vec<ExportFile>)]
    pub files: Json<Vec<ExportFile>>,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

impl ExportJob {
    /// The same job without the keys of its objects, which are ours; callers get links.
    #[must_use]
    pub fn without_keys(mut self) -> Self {
        for file in &mut self.files.0 {
            file.key.clear();
        }
        self
    }
}

/// An export that is asked for.
pub struct NewExport {
    /// Its id.
    pub id: Uuid,
    /// The layout.
    pub layout: String,
    /// What the seller chose.
    pub options: Value,
    /// Repeated with the same key, it is the same export.
    pub idempotency_key: Option<String>,
}

/// What came of an export.
pub struct ExportResult {
    /// How many products matched.
    pub total: i32,
    /// How many are in the files.
    pub exported: i32,
    /// Why the others are not.
    pub left_out: Vec<LeftOutReason>,
    /// The files.
    pub files: Vec<ExportFile>,
}

impl ImportsDb {
    /// Notes an export that is asked for; one asked for before with the same key is given instead.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create_export(&self, tenant: TenantId, new: &NewExport, stamp: &Stamp) -> Result<ExportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into export_jobs (tenant_id, export_id, status, layout, options, idempotency_key, created_by, created_at, progressed_at)
             values ($1, $2, 'queued', $3, $4, $5, $6, $7, $7)
             on conflict on constraint export_jobs_idempotency_key do nothing",
            tenant.0,
            new.id,
            new.layout,
            new.options,
            new.idempotency_key,
            stamp.actor(),
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let id = sqlx::query_scalar!(
            "select export_id from export_jobs where tenant_id = $1 and (export_id = $2 or idempotency_key = $3)",
            tenant.0,
            new.id,
            new.idempotency_key
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(error)?;
        let job = job(&mut tx, tenant, id).await?;
        if id == new.id {
            let created = Change::new("export.created", id).to(json!({ "layout": new.layout, "options": new.options }));
            record_change(&mut tx, tenant, stamp, created).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(job)
    }

    /// An export.
    ///
    /// # Errors
    /// 404 when the tenant has none with this id.
    pub async fn export(&self, tenant: TenantId, id: Uuid) -> Result<ExportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await
    }

    /// The exports, the newest first; `before` is the last id of the page before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn exports(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<ExportJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let jobs = jobs(&mut tx, tenant, None, before, limit + 1).await?;
        Ok(Page::cut(jobs, limit, |job| Cursor::Id(job.id)))
    }

    /// Claims an export that has not ended, for one more try; gives it and the number of the try. `None` when there
    /// is nothing to do, or another try made progress within the last two minutes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_export(
        &self,
        tenant: TenantId,
        id: Uuid,
        now: OffsetDateTime,
    ) -> Result<Option<(ExportJob, i32)>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let claimed = sqlx::query!(
            "update export_jobs set status = 'running', progressed_at = $3, attempts = attempts + 1, done_products = 0
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
        tx.commit().await.map_err(error)?;
        Ok(Some((job, claimed.attempts)))
    }

    /// Notes how far an export is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_export_progress(
        &self,
        tenant: TenantId,
        id: Uuid,
        total: i32,
        done: i32,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update export_jobs set total_products = $3, done_products = $4, progressed_at = $5
             where tenant_id = $1 and export_id = $2 and status = 'running'",
            tenant.0,
            id,
            total,
            done,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Completes an export; told twice, it is completed once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn complete_export(
        &self,
        tenant: TenantId,
        id: Uuid,
        result: &ExportResult,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let completed = sqlx::query!(
            "update export_jobs set status = 'completed', total_products = $3, done_products = $3, exported = $4, left_out = $5,
                    left_out_reasons = $6, files = $7, finished_at = $8, progressed_at = $8
             where tenant_id = $1 and export_id = $2 and status = 'running' returning created_at, created_by",
            tenant.0,
            id,
            result.total,
            result.exported,
            result.left_out.iter().map(|reason| reason.products).sum::<i32>(),
            Json(&result.left_out) as _,
            Json(&result.files) as _,
            now
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        if let Some(job) = completed {
            events::note(&mut tx, tenant, id, "completed", None, now).await?;
            announce(
                &mut tx,
                tenant,
                id,
                "ExportCompleted",
                (job.created_at, job.created_by),
                (result.total, result.total - result.exported),
                now,
            )
            .await?;
        }
        tx.commit().await.map_err(error)
    }

    /// Ends an export that cannot go on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fail_export(&self, tenant: TenantId, id: Uuid, message: &str, now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let failed = sqlx::query!(
            "update export_jobs set status = 'failed', message = $3, finished_at = $4, progressed_at = $4
             where tenant_id = $1 and export_id = $2 and status in ('queued', 'running') returning created_at, created_by",
            tenant.0,
            id,
            message,
            now
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        if let Some(job) = failed {
            events::note(&mut tx, tenant, id, "failed", Some(message), now).await?;
            announce(&mut tx, tenant, id, "ExportFailed", (job.created_at, job.created_by), (0, 0), now).await?;
        }
        tx.commit().await.map_err(error)
    }

    /// The unfinished exports of all tenants without progress since `older_than`.
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

async fn announce(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Uuid,
    kind: &str,
    (began, by): (OffsetDateTime, Option<Uuid>),
    (total, failed): (i32, i32),
    now: OffsetDateTime,
) -> Result<()> {
    let detail = json!({
        "tenant_id": tenant,
        "job_id": id,
        "kind": "export",
        "created_by": by,
        "status": if kind == "ExportCompleted" { "completed" } else { "failed" },
        "total": total,
        "failed": failed,
        "duration_ms": i64::try_from((now - began).whole_milliseconds()).unwrap_or(i64::MAX).max(0),
        "finished_at": now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default(),
    });
    events::publish_later(tx, tenant, kind, Json(detail), now).await
}

async fn job(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<ExportJob> {
    jobs(tx, tenant, Some(id), None, 1).await?.pop().ok_or(Error::NotFound("export"))
}

async fn jobs(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ExportJob>> {
    sqlx::query_as!(
        ExportJob,
        "select export_id as id, status, layout, options, message, total_products, done_products, exported, left_out,
                left_out_reasons as \"left_out_reasons: Json<Vec<LeftOutReason>>\", files as \"files: Json<Vec<ExportFile>>\",
                created_at, finished_at
         from export_jobs
         where tenant_id = $1 and ($2::uuid is null or export_id = $2) and ($3::uuid is null or export_id < $3)
         order by export_id desc limit $4",
        tenant.0,
        id,
        before,
        limit
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(error)
}
