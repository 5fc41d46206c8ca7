//! `GET /v1/export-schedules/{id}`

use db_imports::ImportsDb;
use runtime::{Cx, Path, Result};

use crate::schedules::schedule::{ScheduleView, view};

/// Returns one schedule, with its next five runs.
pub async fn get_schedule(cx: Cx, id: Path) -> Result<ScheduleView> {
    view(&cx, cx.get::<ImportsDb>().await?.export_schedule(cx.tenant()?, id.0).await?)
}
