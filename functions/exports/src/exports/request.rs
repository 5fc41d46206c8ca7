//! Resolving and checking the request for an export.

use db_imports::ImportsDb;
use runtime::{Cx, Error, Result, TenantId};

use crate::exports::spec::{ExportSpec, resolved};

/// Merges a request with the template that it names, without checking the result. Returns the name of the template too.
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

/// Checks an export: its own values, and whether the objects that it names exist.
pub(crate) async fn check(cx: &Cx, tenant: TenantId, spec: &ExportSpec) -> Result<()> {
    spec.check()?;
    let db = cx.get::<ImportsDb>().await?;
    if let Some(id) = spec.amazon_template {
        let kept = db.amazon_template(tenant, id).await.map_err(|error| match error {
            Error::NotFound(_) => {
                Error::invalid("amazon_template", "unknown", messages::exports::amazon_template_unknown())
            }
            other => other,
        })?;
        let template = serde_json::from_value(kept).map_err(Error::internal)?;
        spec.layout
            .writer(spec.format(), &spec.form, spec.options.clone(), &spec.mapping, Some(&template))
            .map_err(|problem| crate::exports::spec::mapping_error(&problem))?;
    }
    let known = db.known_destinations(tenant, &spec.destinations).await?;
    if let Some(unknown) = spec.destinations.iter().find(|id| !known.contains(id)) {
        return Err(Error::invalid("destinations", "unknown", messages::exports::destination_unknown(unknown)));
    }
    Ok(())
}
