//! `GET /v1/exports/{id}/events`

use db_imports::{ImportsDb, JobEvent};
use runtime::{Cx, Page, Path, Result};

/// Lists the events of an export, the oldest first.
pub async fn list_events(cx: Cx, id: Path) -> Result<Page<JobEvent>> {
    let db = cx.get::<ImportsDb>().await?;
    db.export(cx.tenant()?, id.0).await?;
    Ok(Page { data: db.job_events(cx.tenant()?, id.0).await?, next_cursor: None })
}
