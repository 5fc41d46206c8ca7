//! `DELETE /v1/attribute-groups/{key}`

use db_catalog::CatalogDb;
use db_tenancy::Stamp;
use runtime::{Cx, Key, NoContent, Result};

/// Deletes an attribute group. Its attributes stay.
pub async fn delete_attribute_group(cx: Cx, code: Key) -> Result<NoContent> {
    cx.get::<CatalogDb>().await?.delete_attribute_group(cx.tenant()?, &code.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
