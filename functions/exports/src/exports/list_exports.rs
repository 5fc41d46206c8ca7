//! `GET /v1/exports`

use db_imports::ImportsDb;
use runtime::{Cx, Page, PageQuery, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::exports::view::{ExportView, view_of};

/// Which exports are listed.
#[derive(Deserialize, IntoParams)]
pub struct ExportFilter {
    /// Only the exports of this schedule.
    pub schedule_id: Option<Uuid>,
}

/// Lists the exports, the newest first.
pub async fn list_exports(cx: Cx, filter: Query<ExportFilter>, page: Query<PageQuery>) -> Result<Page<ExportView>> {
    let db = cx.get::<ImportsDb>().await?;
    let found = db.exports(cx.tenant()?, filter.0.schedule_id, page.0.after_id()?, page.0.limit()?).await?;
    Ok(found.map(|job| view_of(&cx, job, Vec::new())))
}
