//! `PUT /v1/automations/{id}`

use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};

use crate::automation::{AutomationInput, AutomationView, view};

/// Changes an automation: also to pause it (`enabled`), and to let one go on that paused after failures. Its address and its
/// folder stay; without `secret` the secrets stay too.
pub async fn put_automation(cx: Cx, id: Path, input: Body<AutomationInput>) -> Result<AutomationView> {
    let (tenant, db) = (cx.tenant()?, cx.get::<SuppliersDb>().await?);
    db.automation(tenant, id.0).await?;
    let new = input.0.checked(&cx, tenant, id.0).await?;
    let automation = db.put_automation(tenant, (id.0, None), &new, &Stamp::of(&cx)?).await?;
    Ok(view(&cx, tenant, automation))
}
