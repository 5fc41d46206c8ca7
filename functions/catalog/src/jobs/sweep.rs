//! Jobs that stopped: a process may be killed, a message lost.

use db_catalog::CatalogDb;
use runtime::{Cx, Result};
use time::Duration;

use crate::jobs::background::send;

/// A job whose last step is older has stopped: a step takes seconds.
const STALLED: Duration = Duration::seconds(90);
const MOST: i32 = 100;

/// Sends jobs that stopped on their way again; one that never gets on is failed.
pub async fn sweep(cx: Cx) -> Result<()> {
    let db = cx.get::<CatalogDb>().await?;
    for (tenant, job) in db.stalled_jobs(cx.now - STALLED, MOST).await? {
        if db.resume_job(tenant, job, cx.now).await? {
            tracing::warn!(%job, "a stalled job is resumed");
            send(&cx, tenant, job).await?;
        } else {
            tracing::error!(%job, "a job that does not get on is given up");
        }
    }
    Ok(())
}
