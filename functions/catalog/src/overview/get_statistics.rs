//! `GET /v1/catalog/statistics`

use db_catalog::{CatalogDb, CatalogStatistics};
use runtime::{Cx, Result};

/// What a dashboard shows of the catalogue: counts by status, grade, supplier, category; what is missing; recent changes.
pub async fn get_statistics(cx: Cx) -> Result<CatalogStatistics> {
    cx.get::<CatalogDb>().await?.catalog_statistics(cx.tenant()?, cx.now).await
}
