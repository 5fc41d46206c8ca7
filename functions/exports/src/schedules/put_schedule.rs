//! `PUT /v1/export-schedules/{id}`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};

use crate::schedules::schedule::{ScheduleInput, ScheduleView, view};

/// Updates a schedule. A resumed schedule is due at its next time, not at the times during its pause.
pub async fn put_schedule(cx: Cx, id: Path, input: Body<ScheduleInput>) -> Result<ScheduleView> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    db.export_schedule(tenant, id.0).await?;
    let new = input.0.checked(&cx, tenant).await?;
    view(&cx, db.put_schedule(tenant, id.0, false, &new, &Stamp::of(&cx)?).await?)
}
