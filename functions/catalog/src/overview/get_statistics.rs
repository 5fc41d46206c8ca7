//! `GET /v1/catalog/statistics`

use db_catalog::{CatalogDb, CatalogStatistics};
use runtime::{Cx, Result};

/// Returns the statistics of the catalogue: products by status, grade, supplier and category, what is missing, recent
/// changes.
pub async fn get_statistics(cx: Cx) -> Result<CatalogStatistics> {
    cx.get::<CatalogDb>().await?.catalog_statistics(cx.tenant()?, cx.now).await
}
