//! Beginning the export of a schedule.

use db_core::language_of;
use db_imports::{ExportJob, ExportSchedule, ImportsDb, NewExport};
use db_tenancy::Stamp;
use runtime::{Cx, Error, Result, TenantId};
use uuid::Uuid;

use crate::exports::request::{check, with_template};
use crate::exports::spec::ExportSpec;
use crate::pipeline::messages::{publish_events, send_export};

/// Begins an export of a schedule. Returns the existing export if one was begun with the same key.
pub(crate) async fn begin_export(
    cx: &Cx,
    db: &ImportsDb,
    tenant: TenantId,
    schedule: &ExportSchedule,
    key: String,
    by_hand: bool,
    stamp: &Stamp,
) -> Result<ExportJob> {
    let request: ExportSpec = serde_json::from_value(schedule.definition.clone()).map_err(|problem| {
        Error::Conflict { code: "definition_unreadable", message: messages::exports::definition_unreadable(problem) }
    })?;
    let template_id = request.template_id;
    let chosen = async {
        let (spec, _) = with_template(cx, tenant, request.clone()).await?;
        check(cx, tenant, &spec).await?;
        Ok(spec)
    };
    let chosen = match chosen.await {
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
        chosen => chosen,
    };
    let spec = chosen.as_ref().unwrap_or(&request);
    let options = serde_json::to_value(spec).map_err(Error::internal)?;
    // If the choices differ from those of the last run, all products are exported.
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
        request_hash: None,
    };
    let by = if by_hand { stamp.actor() } else { schedule.created_by };
    let job = db.create_export(tenant, &new, by, by_hand, stamp).await?;
    if job.status == "queued"
        && let Err(error) = chosen
    {
        // A run that cannot begin is recorded as a failed export, so that people are notified.
        db.fail_export(tenant, job.id, "choices_invalid", error.message().shown(language_of(cx, tenant).await), cx.now)
            .await?;
        publish_events(cx, db, tenant).await?;
        return db.export(tenant, job.id).await;
    }
    if job.status == "queued" {
        send_export(cx, tenant, job.id).await?;
    }
    Ok(job)
}
