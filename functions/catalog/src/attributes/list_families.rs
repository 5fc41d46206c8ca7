//! `GET /v1/families`

use db_catalog::{CatalogDb, Family};
use runtime::{Cx, Page, Result};

/// Lists the families, in the order of their codes.
pub async fn list_families(cx: Cx) -> Result<Page<Family>> {
    let data = cx.get::<CatalogDb>().await?.families(cx.tenant()?).await?;
    Ok(Page { data, next_cursor: None })
}
