//! `PUT /v1/suppliers/{id}/mappings/{key}`

use db_suppliers::{SavedMapping, SavedMappingDefinition, SuppliersDb};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Key, Path, Result};

/// Saves a mapping under a name, or its next version. An import names it as `saved_mapping`.
pub async fn put_mapping(cx: Cx, id: Path, name: Key, input: Body<SavedMappingDefinition>) -> Result<SavedMapping> {
    cx.get::<SuppliersDb>().await?.put_mapping(cx.tenant()?, id.0, &name.0, &input.0, &Stamp::of(&cx)?).await
}
