//! `GET /v1/catalog/jobs/{id}`

use db_catalog::{CatalogDb, CatalogJob};
use runtime::{Cx, Path, Result};

/// A job on many products: how far it is, what could not be done.
pub async fn get_job(cx: Cx, id: Path) -> Result<CatalogJob> {
    cx.get::<CatalogDb>().await?.catalog_job(cx.tenant()?, id.0).await
}
