//! `DELETE /v1/families/{key}`

use db_catalog::CatalogDb;
use db_tenancy::Stamp;
use runtime::{Cx, Key, NoContent, Result};

/// Deletes a family that no product has.
pub async fn delete_family(cx: Cx, code: Key) -> Result<NoContent> {
    cx.get::<CatalogDb>().await?.delete_family(cx.tenant()?, &code.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
