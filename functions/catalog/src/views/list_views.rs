//! `GET /v1/views`

use db_catalog::{CatalogDb, SavedView};
use db_tenancy::Stamp;
use runtime::{Cx, Page, Result};

/// Lists the caller's saved views and those that others share.
pub async fn list_views(cx: Cx) -> Result<Page<SavedView>> {
    let data = cx.get::<CatalogDb>().await?.saved_views(cx.tenant()?, Stamp::of(&cx)?.actor()).await?;
    Ok(Page { data, next_cursor: None })
}
