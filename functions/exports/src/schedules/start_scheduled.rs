//! Once a minute: the exports that are due begin. Ticks may overlap and repeat; each due time is one export.

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Cx, Error, Result, TenantId, log_error};
use uuid::Uuid;

use crate::schedules::begin::begin_export;
use crate::schedules::schedule::next_run;

/// So many in one tick; the next comes in a minute.
const MOST: i32 = 200;

/// Begins what is due. After a time without ticks a schedule runs once, not once for each time that it missed.
pub async fn start_scheduled(cx: Cx) -> Result<()> {
    let db = cx.get::<ImportsDb>().await?;
    for (tenant, id) in db.due_schedules(cx.now, MOST).await? {
        // One that cannot begin does not keep the others.
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
    let next = next_run(schedule.schedule.as_ref().map(|one| &one.0), &schedule.time_zone, cx.now);
    let stamp = Stamp::of_job(cx, &format!("schedule {}", schedule.name));
    // Begun before it is noted, so that none is lost; begun twice, it is the same export.
    let key = format!("schedule {id} {}", due.unix_timestamp());
    let begun = begin_export(cx, db, tenant, &schedule, key, false, &stamp).await;
    match &begun {
        Ok(_) => {}
        // Faults of ours are tried again with the next tick.
        Err(Error::Internal(_) | Error::Unavailable(_)) => return begun.map(drop),
        Err(error) => log_error(error, &id.to_string()),
    }
    db.claim_schedule(tenant, &schedule, next, cx.now).await
}
