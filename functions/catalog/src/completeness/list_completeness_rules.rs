//! `GET /v1/completeness-rules`

use db_catalog::{CatalogDb, CompletenessRules};
use runtime::{Cx, Page, Result};

/// What a complete product has, by channel and language; the default channel is always there.
pub async fn list_completeness_rules(cx: Cx) -> Result<Page<CompletenessRules>> {
    let data = cx.get::<CatalogDb>().await?.completeness_rules(cx.tenant()?).await?;
    Ok(Page { data, next_cursor: None })
}
