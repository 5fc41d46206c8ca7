//! `GET /v1/tags`

use db_catalog::{CatalogDb, Tag};
use runtime::{Cx, Page, Result};

/// Lists the tags with the most products, at most 1,000, and how many products have each.
pub async fn list_tags(cx: Cx) -> Result<Page<Tag>> {
    let data = cx.get::<CatalogDb>().await?.tags(cx.tenant()?).await?;
    Ok(Page { data, next_cursor: None })
}
