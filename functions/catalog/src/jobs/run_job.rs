//! SQS `catalog-jobs`

use std::time::{Duration, Instant};

use db_catalog::CatalogDb;
use runtime::{Cx, Result};

use crate::jobs::background::{JobMessage, send};

/// One invocation works for so long, then hands the job on: well below the function's timeout.
const WORKING: Duration = Duration::from_secs(30);

/// Does a job's next products, for half a minute; then it sends itself the rest. Delivered twice, each step is done once.
pub async fn run_job(cx: Cx, message: JobMessage) -> Result<()> {
    let JobMessage { tenant_id: tenant, job_id: job } = message;
    let (db, began) = (cx.get::<CatalogDb>().await?, Instant::now());
    while db.job_step(tenant, job, time::OffsetDateTime::now_utc()).await? {
        if began.elapsed() > WORKING {
            return send(&cx, tenant, job).await;
        }
    }
    Ok(())
}
