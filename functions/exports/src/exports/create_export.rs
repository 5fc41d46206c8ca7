//! `POST /v1/exports`

use db_catalog::CatalogDb;
use db_imports::{ImportsDb, NewExport};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Error, IdempotencyKey, Result, TenantId, log_error};
use uuid::Uuid;

use crate::exports::request::{check, with_template};
use crate::exports::spec::ExportSpec;
use crate::exports::view::{ExportView, view};
use crate::pipeline::images::ImageMode;
use crate::pipeline::messages::send_export;
use crate::pipeline::run_export::run_export;

/// The most products that are exported before the answer; more are exported in the background.
const AT_ONCE: i64 = 1_000;

/// Begins an export.
pub async fn create_export(cx: Cx, input: Body<ExportSpec>, key: IdempotencyKey) -> Result<Created<ExportView>> {
    let (tenant, stamp) = (cx.tenant()?, Stamp::of(&cx)?);
    let db = cx.get::<ImportsDb>().await?;
    let template_id = input.0.template_id;
    let (spec, name) = with_template(&cx, tenant, input.0).await?;
    check(&cx, tenant, &spec).await?;
    let new = NewExport {
        id: Uuid::now_v7(),
        layout: spec.layout.as_str().to_owned(),
        format: spec.format().as_str().to_owned(),
        name: name.unwrap_or_else(|| spec.layout.as_str().to_owned()),
        template_id,
        schedule_id: None,
        destinations: spec.destinations.clone(),
        changed_from: None,
        options: serde_json::to_value(&spec).map_err(Error::internal)?,
        request_hash: key.request,
        idempotency_key: key.of_caller(),
    };
    let job = db.create_export(tenant, &new, stamp.actor(), true, &stamp).await?;
    if job.id != new.id {
        return view(&cx, tenant, job).await.map(Created);
    }
    // The export is stored, and the sweeper resumes it. An error here would make the client retry and get a second
    // export.
    if let Err(failed) = begin(&cx, tenant, job.id, &spec).await {
        log_error(&failed, &job.id.to_string());
    }
    view(&cx, tenant, db.export(tenant, new.id).await?).await.map(Created)
}

/// Writes small exports now; queues all others.
async fn begin(cx: &Cx, tenant: TenantId, export: Uuid, spec: &ExportSpec) -> Result<()> {
    let slow = spec.images.mode != ImageMode::Urls || spec.images.check;
    if !slow {
        let wanted = spec.selection.wanted(None);
        if cx.get::<CatalogDb>().await?.count_wanted(tenant, &wanted, AT_ONCE + 1).await? <= AT_ONCE {
            return run_export(cx, tenant, export).await;
        }
    }
    send_export(cx, tenant, export).await
}
