//! Resumes jobs that stopped, because a process was killed or a message was lost.

use db_catalog::CatalogDb;
use runtime::{Cx, Result};
use time::Duration;

use crate::jobs::background::send;

/// A job whose last step is older than this has stopped: a step takes seconds.
const STALLED: Duration = Duration::seconds(90);
/// The most jobs that one invocation resumes.
const MOST: i32 = 100;

/// Resumes jobs that stopped. A job that makes no progress fails after five attempts.
pub async fn sweep(cx: Cx) -> Result<()> {
    let db = cx.get::<CatalogDb>().await?;
    for (tenant, job) in db.stalled_jobs(cx.now - STALLED, MOST).await? {
        if db.resume_job(tenant, job, cx.now).await? {
            tracing::warn!(%job, "a stalled job is resumed");
            send(&cx, tenant, job).await?;
        } else {
            tracing::error!(%job, "a job without progress has failed");
        }
    }
    Ok(())
}
