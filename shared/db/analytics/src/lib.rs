//! `db_analytics`: statistics, usage, job metrics.

use db_tenancy::{begin, error};
use runtime::{Result, TenantId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

db_tenancy::database!(
    /// The analytics database.
    AnalyticsDb,
    "db_analytics",
    "../../../migrations/analytics"
);

/// What a finished job did: the detail of the events `ImportCompleted` and `ExportCompleted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMetric {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The job.
    pub job_id: Uuid,
    /// `import` or `export`.
    pub kind: String,
    /// How it ended.
    pub status: String,
    /// Rows or products.
    pub total: i32,
    /// Rows rejected, or products left out.
    pub failed: i32,
    /// From the upload, or the request, to the end.
    pub duration_ms: i64,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub finished_at: OffsetDateTime,
}

impl AnalyticsDb {
    /// Records a job; the same event delivered twice changes nothing, and a job that was resumed is recorded anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn record_job(&self, metric: &JobMetric) -> Result<()> {
        let mut tx = begin(&self.pool, metric.tenant_id).await?;
        sqlx::query!(
            "insert into job_metrics (tenant_id, job_id, kind, status, total, failed, duration_ms, finished_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (tenant_id, job_id) do update set
                 status = excluded.status, total = excluded.total, failed = excluded.failed,
                 duration_ms = excluded.duration_ms, finished_at = excluded.finished_at
             where job_metrics.finished_at < excluded.finished_at",
            metric.tenant_id.0,
            metric.job_id,
            metric.kind,
            metric.status,
            metric.total,
            metric.failed,
            metric.duration_ms,
            metric.finished_at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }
}
