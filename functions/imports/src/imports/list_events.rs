//! `GET /v1/imports/{id}/events`

use db_imports::{ImportsDb, JobEvent};
use runtime::{Cx, Page, Path, Result};

/// Lists the history of an import, the oldest entry first.
pub async fn list_events(cx: Cx, id: Path) -> Result<Page<JobEvent>> {
    let db = cx.get::<ImportsDb>().await?;
    db.import(cx.tenant()?, id.0).await?;
    Ok(Page { data: db.job_events(cx.tenant()?, id.0).await?, next_cursor: None })
}
