//! `GET /v1/automations/{id}/runs`

use db_suppliers::{AutomationRun, SuppliersDb};
use runtime::{Cx, Page, PageQuery, Path, Query, Result};

/// Lists the runs of an automation and their results, the newest first.
pub async fn list_automation_runs(cx: Cx, id: Path, page: Query<PageQuery>) -> Result<Page<AutomationRun>> {
    let db = cx.get::<SuppliersDb>().await?;
    db.automation_runs(cx.tenant()?, id.0, page.0.after_id()?, page.0.limit()?).await
}
