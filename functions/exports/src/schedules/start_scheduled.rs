//! Once a minute: begins the exports that are due. Ticks may overlap and repeat; each due time makes one export.

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Cx, Error, Result, TenantId, log_error};
use uuid::Uuid;

use crate::schedules::begin::begin_export;
use crate::schedules::schedule::next_run;

/// The most schedules of one tick; the next tick comes in a minute.
const MOST: i32 = 200;

/// Begins the exports of the schedules that are due. After a time without ticks a schedule runs once, not once for each
/// missed time.
pub async fn start_scheduled(cx: Cx) -> Result<()> {
    let db = cx.get::<ImportsDb>().await?;
    for (tenant, id) in db.due_schedules(cx.now, MOST).await? {
        // A schedule that cannot begin does not stop the others.
        if let Err(error) = begin(&cx, &db, tenant, id).await {
            log_error(&error, &id.to_string());
        }
    }
    Ok(())
}

async fn begin(cx: &Cx, db: &ImportsDb, tenant: TenantId, id: Uuid) -> Result<()> {
    let schedule = db.export_schedule(tenant, id).await?;
    let Some(due) = schedule.next_run_at.filter(|due| *due <= cx.now && schedule.enabled) else {
        // Another tick was here, or somebody changed the schedule.
        return Ok(());
    };
    let next = next_run(schedule.schedule.as_ref().map(|schedule| &schedule.0), &schedule.time_zone, cx.now);
    let stamp = Stamp::of_job(cx, &format!("schedule {}", schedule.name));
    // Begin first, record afterwards, so that no export is lost. The key makes a second begin return the same export.
    let key = format!("schedule {id} {}", due.unix_timestamp());
    let begun = begin_export(cx, db, tenant, &schedule, key, false, &stamp).await;
    match &begun {
        Ok(_) => {}
        // Our own faults are retried with the next tick.
        Err(Error::Internal(_) | Error::Unavailable(_)) => return begun.map(drop),
        Err(error) => log_error(error, &id.to_string()),
    }
    db.claim_schedule(tenant, &schedule, next, cx.now).await
}
