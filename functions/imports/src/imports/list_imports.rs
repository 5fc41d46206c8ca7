//! `GET /v1/imports`

use db_imports::{ImportJob, ImportsDb};
use runtime::{Cx, Page, PageQuery, Query, Result};

/// Lists imports, the newest first.
pub async fn list_imports(cx: Cx, page: Query<PageQuery>) -> Result<Page<ImportJob>> {
    cx.get::<ImportsDb>().await?.imports(cx.tenant()?, page.0.after_id()?, page.0.limit()?).await
}
