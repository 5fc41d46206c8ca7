//! Once a minute: starts automations that are due. Ticks may overlap and repeat; each due time is claimed once.

use cloud::{Outgoing, Queues};
use db_suppliers::SuppliersDb;
use runtime::{Cx, Result, TenantId, log_error};
use uuid::Uuid;

use crate::automations::automation::next_run;
use crate::automations::runs::{RunMessage, announce_pause, run_of};

/// At most this many automations in one tick; the next tick is in a minute.
const MOST: i32 = 200;
/// How long runs are kept.
const HISTORY: time::Duration = time::Duration::days(90);

/// Starts automations that are due, announces pauses that were not announced, and deletes old runs. After a time
/// without ticks an automation runs once, not once for each missed time.
pub async fn tick_automations(cx: Cx) -> Result<()> {
    let db = cx.get::<SuppliersDb>().await?;
    for (tenant, id) in db.due_automations(cx.now, MOST).await? {
        // An automation that cannot be started does not block the others.
        if let Err(error) = tick(&cx, &db, tenant, id).await {
            log_error(&error, &id.to_string());
        }
    }
    for (tenant, id) in db.unannounced_pauses(MOST).await? {
        if let Err(error) = announce_pause(&cx, tenant, id).await {
            log_error(&error, &id.to_string());
        }
    }
    db.forget_automation_runs(cx.now - HISTORY, 10_000).await?;
    Ok(())
}

async fn tick(cx: &Cx, db: &SuppliersDb, tenant: TenantId, id: Uuid) -> Result<()> {
    let automation = db.automation(tenant, id).await?;
    let Some(due) = automation.next_run_at.filter(|due| *due <= cx.now) else {
        // Another tick was here, or somebody changed the schedule.
        return Ok(());
    };
    let schedule = automation.schedule.as_ref().map(|schedule| &schedule.0);
    let next = next_run(schedule, &automation.time_zone, cx.now);
    // Sent before it is noted, so that no run is lost. If it is sent twice, it is the same run.
    let run_id = run_of(&format!("{id} {due:?}"));
    let message = RunMessage { tenant_id: tenant, automation_id: id, run_id, cause: "schedule".to_owned() };
    cx.get::<Queues>().await?.send("imports-automation-runs", vec![Outgoing::json(&message, tenant)?]).await?;
    db.claim_due(tenant, &automation, next).await
}
