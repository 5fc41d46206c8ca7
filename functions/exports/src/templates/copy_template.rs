//! `POST /v1/export-templates/{id}/copy`

use db_imports::{ExportTemplate, ImportsDb, NewTemplate};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Path, Result, Versioned};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::templates::input::checked_name;

/// A copy to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyTemplate {
    /// The name of the copy.
    pub name: String,
}

/// Copies a template.
pub async fn copy_template(cx: Cx, id: Path, input: Body<CopyTemplate>) -> Result<Versioned<Created<ExportTemplate>>> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let from = db.export_template(tenant, id.0).await?;
    let new =
        NewTemplate { name: checked_name(&input.0.name)?, description: from.description, definition: from.definition };
    let template = db.create_template(tenant, &new, &Stamp::of(&cx)?).await?;
    let version = template.version.into();
    Ok(Versioned(Created(template), version))
}
