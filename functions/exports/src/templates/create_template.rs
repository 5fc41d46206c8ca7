//! `POST /v1/export-templates`

use db_imports::{ExportTemplate, ImportsDb};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Result, Versioned};

use crate::templates::input::TemplateInput;

/// Creates a template.
pub async fn create_template(cx: Cx, input: Body<TemplateInput>) -> Result<Versioned<Created<ExportTemplate>>> {
    let tenant = cx.tenant()?;
    let new = input.0.checked(&cx, tenant).await?;
    let template = cx.get::<ImportsDb>().await?.create_template(tenant, &new, &Stamp::of(&cx)?).await?;
    let version = template.version.into();
    Ok(Versioned(Created(template), version))
}
