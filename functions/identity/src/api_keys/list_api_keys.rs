//! `GET /v1/api-keys`

use db_core::CoreDb;
use runtime::{Cx, Page, PageQuery, Query, Result};

use crate::api_keys::view::ApiKeyView;

/// Lists the API keys.
pub async fn list_api_keys(cx: Cx, page: Query<PageQuery>) -> Result<Page<ApiKeyView>> {
    let (before, limit) = (page.0.after_id()?, page.0.limit()?);
    Ok(cx.get::<CoreDb>().await?.api_keys(cx.tenant()?, before, limit).await?.map(ApiKeyView::from))
}
