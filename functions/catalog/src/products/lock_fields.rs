//! `PUT /v1/products/{id}/locks`

use db_catalog::{CatalogDb, Product};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};
use serde::Deserialize;
use utoipa::ToSchema;

/// The fields to lock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Locks {
    /// Exactly these fields are locked afterwards: files, syncs and API keys cannot change them.
    pub fields: Vec<String>,
}

/// Locks fields of a product, and unlocks all others.
pub async fn lock_fields(cx: Cx, id: Path, input: Body<Locks>) -> Result<Product> {
    let db = cx.get::<CatalogDb>().await?;
    db.lock_fields(cx.tenant()?, id.0, &input.0.fields, &Stamp::of(&cx)?).await
}
