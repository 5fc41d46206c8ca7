//! `GET /v1/export-templates/{id}`

use db_imports::{ExportTemplate, ImportsDb};
use runtime::{Cx, Path, Result, Versioned};

/// Returns one template.
pub async fn get_template(cx: Cx, id: Path) -> Result<Versioned<ExportTemplate>> {
    let template = cx.get::<ImportsDb>().await?.export_template(cx.tenant()?, id.0).await?;
    let version = template.version.into();
    Ok(Versioned(template, version))
}
