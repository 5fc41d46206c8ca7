//! `GET /v1/export-destinations`

use db_imports::ImportsDb;
use runtime::{Cx, Page, PageQuery, Query, Result};

use crate::destinations::destination::{DestinationView, view};

/// Lists the destinations, the newest first. Their secrets are not shown.
pub async fn list_destinations(cx: Cx, page: Query<PageQuery>) -> Result<Page<DestinationView>> {
    let db = cx.get::<ImportsDb>().await?;
    let found = db.destinations(cx.tenant()?, page.0.after_id()?, page.0.limit()?).await?;
    let data = found.data.into_iter().map(|destination| view(&cx, destination, None)).collect::<Result<_>>()?;
    Ok(Page { data, next_cursor: found.next_cursor })
}
