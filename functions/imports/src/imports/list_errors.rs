//! `GET /v1/imports/{id}/errors`

use db_imports::{ImportsDb, RowReport};
use runtime::{Cx, Page, PageQuery, Path, Query, Result};

/// Lists the errors and notices of an import's rows, in the file's order.
pub async fn list_errors(cx: Cx, id: Path, page: Query<PageQuery>) -> Result<Page<RowReport>> {
    cx.get::<ImportsDb>().await?.row_reports(cx.tenant()?, id.0, page.0.after_number()?, page.0.limit()?).await
}
