//! Writes events of ended jobs to `db_analytics`.

use db_analytics::{AnalyticsDb, JobMetric};
use runtime::{Cx, Result};
use serde::Deserialize;

/// An event in the form in which EventBridge puts it into a queue.
#[derive(Deserialize)]
pub struct JobEnded {
    detail: JobMetric,
}

/// Records a job, only once even if its event is delivered twice.
pub async fn record_job(cx: Cx, event: JobEnded) -> Result<()> {
    cx.get::<AnalyticsDb>().await?.record_job(&event.detail).await
}
