//! `GET /v1/exports`

use db_imports::{ExportJob, ImportsDb};
use runtime::{Cx, Page, PageQuery, Query, Result};

/// The exports, the newest first.
pub async fn list_exports(cx: Cx, page: Query<PageQuery>) -> Result<Page<ExportJob>> {
    let exports = cx.get::<ImportsDb>().await?.exports(cx.tenant()?, page.0.after_id()?, page.0.limit()?).await?;
    Ok(exports.map(ExportJob::without_keys))
}
