//! `DELETE /v1/categories/{id}`

use db_catalog::CatalogDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes a category without categories below it. Its products stay.
pub async fn delete_category(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<CatalogDb>().await?.delete_category(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
