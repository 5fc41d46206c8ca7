//! SQS `catalog-jobs`

use std::time::{Duration, Instant};

use db_catalog::CatalogDb;
use runtime::{Cx, Result};

use crate::jobs::background::{JobMessage, send};

/// For how long one invocation works before it sends the rest to the queue: well below the function's timeout.
const WORKING: Duration = Duration::from_secs(30);

/// Processes the next products of a job for half a minute, then sends the rest to the queue. A message that is
/// delivered twice does each step once.
pub async fn run_job(cx: Cx, message: JobMessage) -> Result<()> {
    let JobMessage { tenant_id: tenant, job_id: job } = message;
    let (db, started) = (cx.get::<CatalogDb>().await?, Instant::now());
    while db.job_step(tenant, job, time::OffsetDateTime::now_utc()).await? {
        if started.elapsed() > WORKING {
            return send(&cx, tenant, job).await;
        }
    }
    Ok(())
}
