//! `GET /v1/export-schedules`

use db_imports::ImportsDb;
use runtime::{Cx, Page, PageQuery, Query, Result};

use crate::schedules::schedule::{ScheduleView, view};

/// Lists the schedules, the newest first.
pub async fn list_schedules(cx: Cx, page: Query<PageQuery>) -> Result<Page<ScheduleView>> {
    let db = cx.get::<ImportsDb>().await?;
    let found = db.export_schedules(cx.tenant()?, page.0.after_id()?, page.0.limit()?).await?;
    let data = found.data.into_iter().map(|schedule| view(&cx, schedule)).collect::<Result<_>>()?;
    Ok(Page { data, next_cursor: found.next_cursor })
}
