//! `GET /v1/automations`

use db_suppliers::SuppliersDb;
use runtime::{Cx, Page, PageQuery, Query, Result};

use crate::automations::automation::{AutomationView, view};

/// Lists automations, the newest first.
pub async fn list_automations(cx: Cx, page: Query<PageQuery>) -> Result<Page<AutomationView>> {
    let tenant = cx.tenant()?;
    let found = cx.get::<SuppliersDb>().await?.automations(tenant, page.0.after_id()?, page.0.limit()?).await?;
    let data = found.data.into_iter().map(|automation| view(&cx, tenant, automation)).collect();
    Ok(Page { data, next_cursor: found.next_cursor })
}
