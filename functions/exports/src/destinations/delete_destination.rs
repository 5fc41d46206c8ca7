//! `DELETE /v1/export-destinations/{id}`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes a destination. 409 while a schedule or a template delivers to it.
pub async fn delete_destination(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<ImportsDb>().await?.delete_destination(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
