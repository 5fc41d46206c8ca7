//! Once a minute: the exports that are due begin. Ticks may overlap and repeat; each due time is one export.

use db_imports::{ExportJob, ExportSchedule, ImportsDb, NewExport};
use db_tenancy::Stamp;
use runtime::{Cx, Error, Result, TenantId, log_error};
use uuid::Uuid;

use crate::create_export::{check, with_template};
use crate::messages::send_export;
use crate::schedules::next_run;
use crate::spec::ExportSpec;

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
    let begun = begin_export(cx, db, tenant, &schedule, (key, false), &stamp).await;
    match &begun {
        Ok(_) => {}
        // Faults of ours are tried again with the next tick.
        Err(Error::Internal(_) | Error::Unavailable(_)) => return begun.map(drop),
        Err(error) => log_error(error, &id.to_string()),
    }
    db.claim_schedule(tenant, &schedule, next, cx.now).await
}

/// Begins an export of a schedule; the one that was begun with the same key before is given again.
pub(crate) async fn begin_export(
    cx: &Cx,
    db: &ImportsDb,
    tenant: TenantId,
    schedule: &ExportSchedule,
    (key, by_hand): (String, bool),
    stamp: &Stamp,
) -> Result<ExportJob> {
    let request: ExportSpec =
        serde_json::from_value(schedule.definition.clone()).map_err(|problem| Error::Conflict {
            code: "definition_unreadable",
            message: format!("the schedule's definition is of another time, save it again: {problem}"),
        })?;
    let template_id = request.template_id;
    let chosen = async {
        let (mut spec, _) = with_template(cx, tenant, request.clone()).await?;
        // A destination that was deleted keeps no file from being written.
        let known = db.known_destinations(tenant, &spec.destinations).await?;
        spec.destinations.retain(|id| known.contains(id));
        check(cx, tenant, &spec).await?;
        Ok(spec)
    };
    let chosen = match chosen.await {
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
        chosen => chosen,
    };
    let spec = chosen.as_ref().unwrap_or(&request);
    let options = serde_json::to_value(spec).map_err(Error::internal)?;
    // When anything else is exported than the last time, all of it is.
    let changed_from = if schedule.only_changed { db.exported_to(tenant, schedule.id, &options).await? } else { None };
    let new = NewExport {
        id: Uuid::now_v7(),
        layout: spec.layout.as_str().to_owned(),
        format: spec.format().as_str().to_owned(),
        name: schedule.name.clone(),
        template_id,
        schedule_id: Some(schedule.id),
        destinations: spec.destinations.clone(),
        changed_from,
        options,
        idempotency_key: Some(key),
    };
    let by = if by_hand { stamp.actor() } else { schedule.created_by };
    let job = db.create_export(tenant, &new, (by, by_hand), stamp).await?;
    if job.status == "queued"
        && let Err(error) = chosen
    {
        // A run that cannot be made is a failed export, which people are told of.
        db.fail_export(tenant, job.id, ("choices_invalid", &error.to_string()), cx.now).await?;
        db.publish_pending(cx.get::<cloud::Bus>().await?.as_ref(), tenant, cx.now).await?;
        return db.export(tenant, job.id).await;
    }
    if job.status == "queued" {
        send_export(cx, tenant, job.id).await?;
    }
    Ok(job)
}
