//! `GET /v1/export-templates/{id}/versions`

use db_imports::{ImportsDb, TemplateVersion};
use runtime::{Cx, Page, Path, Result};

/// Lists the earlier versions of a template, the newest first.
pub async fn list_template_versions(cx: Cx, id: Path) -> Result<Page<TemplateVersion>> {
    let data = cx.get::<ImportsDb>().await?.template_versions(cx.tenant()?, id.0).await?;
    Ok(Page { data, next_cursor: None })
}
