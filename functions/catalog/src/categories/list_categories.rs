//! `GET /v1/categories`

use db_catalog::{CatalogDb, Category};
use runtime::{Cx, Page, Result};

/// Lists the whole tree of categories, parents before their children.
pub async fn list_categories(cx: Cx) -> Result<Page<Category>> {
    let data = cx.get::<CatalogDb>().await?.categories(cx.tenant()?).await?;
    Ok(Page { data, next_cursor: None })
}
