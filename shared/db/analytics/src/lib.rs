//! `db_analytics`: the metrics of jobs.

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

/// The metrics of a finished job: the detail of the events `ImportCompleted` and `ExportCompleted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMetric {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The job.
    pub job_id: Uuid,
    /// `import` or `export`.
    pub kind: String,
    /// Its status at the end.
    pub status: String,
    /// Rows or products.
    pub total: i32,
    /// Rows rejected, or products left out.
    pub failed: i32,
    /// Milliseconds from the upload, or the request, to the end.
    pub duration_ms: i64,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub finished_at: OffsetDateTime,
}

impl AnalyticsDb {
    /// Stores the metrics of a job. The same event delivered twice changes nothing; a job that was resumed replaces its
    /// metrics.
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
