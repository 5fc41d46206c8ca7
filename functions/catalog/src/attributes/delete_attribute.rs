//! `DELETE /v1/attributes/{key}`

use db_catalog::CatalogDb;
use db_tenancy::Stamp;
use runtime::{Cx, Key, NoContent, Result};

/// Deletes an attribute that no product and no family has.
pub async fn delete_attribute(cx: Cx, code: Key) -> Result<NoContent> {
    cx.get::<CatalogDb>().await?.delete_attribute(cx.tenant()?, &code.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
