//! `DELETE /v1/suppliers/{id}/mappings/{key}`

use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Cx, Key, NoContent, Path, Result};

/// Deletes a mapping.
pub async fn delete_mapping(cx: Cx, id: Path, name: Key) -> Result<NoContent> {
    cx.get::<SuppliersDb>().await?.delete_mapping(cx.tenant()?, id.0, &name.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
