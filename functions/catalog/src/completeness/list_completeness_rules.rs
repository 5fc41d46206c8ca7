//! `GET /v1/completeness-rules`

use db_catalog::{CatalogDb, CompletenessRules};
use runtime::{Cx, Page, Result};

/// Lists the rules of completeness, by channel and language. The default channel always has rules.
pub async fn list_completeness_rules(cx: Cx) -> Result<Page<CompletenessRules>> {
    let data = cx.get::<CatalogDb>().await?.completeness_rules(cx.tenant()?).await?;
    Ok(Page { data, next_cursor: None })
}
