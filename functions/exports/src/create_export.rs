//! `POST /v1/exports`

use db_catalog::CatalogDb;
use db_imports::{ImportsDb, NewExport};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Error, IdempotencyKey, Result, TenantId, log_error};
use uuid::Uuid;

use crate::export_view::{ExportView, view};
use crate::images::ImageMode;
use crate::messages::send_export;
use crate::run_export::run_export;
use crate::spec::{ExportSpec, resolved};

/// More products are exported in the background.
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
        idempotency_key: key.0,
    };
    let job = db.create_export(tenant, &new, (stamp.actor(), true), &stamp).await?;
    if job.id != new.id {
        return view(&cx, tenant, job).await.map(Created);
    }
    // It is noted, and the sweeper goes on with it: a client that tried again would get a second one.
    if let Err(failed) = begin(&cx, tenant, job.id, &spec).await {
        log_error(&failed, &job.id.to_string());
    }
    view(&cx, tenant, db.export(tenant, new.id).await?).await.map(Created)
}

/// What a request comes to with the template that it names, not yet checked. Gives the template's name too.
pub(crate) async fn with_template(
    cx: &Cx,
    tenant: TenantId,
    request: ExportSpec,
) -> Result<(ExportSpec, Option<String>)> {
    let template = match request.template_id {
        Some(id) => {
            let template = cx.get::<ImportsDb>().await?.export_template(tenant, id).await?;
            let spec = serde_json::from_value(template.definition).map_err(Error::internal)?;
            Some((template.name, spec))
        }
        None => None,
    };
    resolved(request, template)
}

/// Checks what is exported: by itself, and whether what it names is there.
pub(crate) async fn check(cx: &Cx, tenant: TenantId, spec: &ExportSpec) -> Result<()> {
    spec.check()?;
    let db = cx.get::<ImportsDb>().await?;
    if let Some(id) = spec.amazon_template {
        let kept = db.amazon_template(tenant, id).await.map_err(|error| match error {
            Error::NotFound(_) => Error::invalid("amazon_template", "unknown", "there is no such template of Amazon"),
            other => other,
        })?;
        let template = serde_json::from_value(kept).map_err(Error::internal)?;
        spec.layout
            .writer(spec.format(), &spec.form, spec.options.clone(), &spec.mapping, Some(&template))
            .map_err(|problem| crate::spec::mapping_error(&problem))?;
    }
    let known = db.known_destinations(tenant, &spec.destinations).await?;
    if let Some(unknown) = spec.destinations.iter().find(|id| !known.contains(id)) {
        return Err(Error::invalid("destinations", "unknown", format!("there is no destination {unknown}")));
    }
    Ok(())
}

/// Writes the files now when they are small, else has them written in the background.
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
