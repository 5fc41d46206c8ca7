//! `DELETE /v1/export-templates/{id}`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes a template.
pub async fn delete_template(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<ImportsDb>().await?.delete_template(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
