//! SQS `catalog-jobs`

use std::time::{Duration, Instant};

use db_catalog::CatalogDb;
use runtime::{Cx, Error, Result};

use crate::jobs::background::{JobMessage, send};

/// For how long one invocation works before it sends the rest to the queue: well below the function's timeout.
const WORKING: Duration = Duration::from_secs(30);

/// Processes the next products of a job for half a minute, then sends the rest to the queue. A message that is
/// delivered twice does each step once.
pub async fn run_job(cx: Cx, message: JobMessage) -> Result<()> {
    let JobMessage { tenant_id: tenant, job_id: job } = message;
    let (db, started) = (cx.get::<CatalogDb>().await?, Instant::now());
    loop {
        match db.job_step(tenant, job, time::OffsetDateTime::now_utc()).await {
            Ok(true) if started.elapsed() > WORKING => return send(&cx, tenant, job).await,
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                if matches!(error, Error::Fault(_)) {
                    db.fail_job(tenant, job, cx.now).await?;
                }
                return Err(error);
            }
        }
    }
}
