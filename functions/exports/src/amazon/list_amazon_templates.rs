//! `GET /v1/amazon-templates`

use db_imports::{ImportsDb, NamedAmazonTemplate};
use runtime::{Cx, Page, PageQuery, Query, Result};

/// Lists the uploaded templates of Amazon, the newest first.
pub async fn list_amazon_templates(cx: Cx, page: Query<PageQuery>) -> Result<Page<NamedAmazonTemplate>> {
    cx.get::<ImportsDb>().await?.amazon_templates(cx.tenant()?, page.0.after_id()?, page.0.limit()?).await
}
