//! `POST /v1/export-schedules`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Result};
use uuid::Uuid;

use crate::schedules::schedule::{ScheduleInput, ScheduleView, view};

/// Creates a schedule.
pub async fn create_schedule(cx: Cx, input: Body<ScheduleInput>) -> Result<Created<ScheduleView>> {
    let tenant = cx.tenant()?;
    let new = input.0.checked(&cx, tenant).await?;
    let db = cx.get::<ImportsDb>().await?;
    let schedule = db.put_schedule(tenant, Uuid::now_v7(), true, &new, &Stamp::of(&cx)?).await?;
    view(&cx, schedule).map(Created)
}
