//! `DELETE /v1/amazon-templates/{id}`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes a template of Amazon.
pub async fn delete_amazon_template(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<ImportsDb>().await?.delete_amazon_template(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
