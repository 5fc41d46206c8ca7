//! `GET /v1/automations/{id}`

use db_suppliers::SuppliersDb;
use runtime::{Cx, Path, Result};

use crate::automations::automation::{AutomationView, view};

/// Returns one automation.
pub async fn get_automation(cx: Cx, id: Path) -> Result<AutomationView> {
    let tenant = cx.tenant()?;
    let automation = cx.get::<SuppliersDb>().await?.automation(tenant, id.0).await?;
    Ok(view(&cx, tenant, automation))
}
