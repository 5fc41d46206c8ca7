//! `GET /v1/products/{id}/completeness`

use db_catalog::{CatalogDb, ScopedCompleteness};
use runtime::{Cx, Page, Path, Result};

/// Lists how complete a product is in each channel and language, and what it lacks there.
pub async fn get_completeness(cx: Cx, id: Path) -> Result<Page<ScopedCompleteness>> {
    let data = cx.get::<CatalogDb>().await?.product_completeness(cx.tenant()?, id.0).await?;
    Ok(Page { data, next_cursor: None })
}
