//! `DELETE /v1/views/{id}`

use db_catalog::CatalogDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes a view of the caller.
pub async fn delete_view(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<CatalogDb>().await?.delete_view(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
