//! `GET /v1/catalog/jobs/{id}`

use db_catalog::{CatalogDb, CatalogJob};
use runtime::{Cx, Path, Result};

/// Returns a job on many products: its progress, and the products that it could not change.
pub async fn get_job(cx: Cx, id: Path) -> Result<CatalogJob> {
    cx.get::<CatalogDb>().await?.catalog_job(cx.tenant()?, id.0).await
}
