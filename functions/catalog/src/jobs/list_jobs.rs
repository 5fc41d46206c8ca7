//! `GET /v1/catalog/jobs`

use db_catalog::{CatalogDb, CatalogJob};
use runtime::{Cx, Page, PageQuery, Query, Result};

/// Lists the jobs on many products, the newest first.
pub async fn list_jobs(cx: Cx, page: Query<PageQuery>) -> Result<Page<CatalogJob>> {
    cx.get::<CatalogDb>().await?.catalog_jobs(cx.tenant()?, page.0.after_id()?, page.0.limit()?).await
}
