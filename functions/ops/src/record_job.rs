//! Events that a job has ended -> `db_analytics`.

use db_analytics::{AnalyticsDb, JobMetric};
use runtime::{Cx, Result};
use serde::Deserialize;

/// An event as EventBridge puts it into a queue.
#[derive(Deserialize)]
pub struct JobEnded {
    detail: JobMetric,
}

/// Records a job; delivered twice, it is recorded once.
pub async fn record_job(cx: Cx, event: JobEnded) -> Result<()> {
    cx.get::<AnalyticsDb>().await?.record_job(&event.detail).await
}
