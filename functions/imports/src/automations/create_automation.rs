//! `POST /v1/automations`

use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Result};
use uuid::Uuid;

use crate::automations::automation::{AutomationInput, AutomationView, view};

/// Creates an automation. Its secrets are stored encrypted, and never shown.
pub async fn create_automation(cx: Cx, input: Body<AutomationInput>) -> Result<Created<AutomationView>> {
    let (tenant, id) = (cx.tenant()?, Uuid::now_v7());
    let new = input.0.checked(&cx, tenant, id, false).await?;
    // It cannot be guessed: 122 random bits.
    let token = Uuid::new_v4().simple().to_string();
    let db = cx.get::<SuppliersDb>().await?;
    let automation = db.put_automation(tenant, id, Some(&token), &new, &Stamp::of(&cx)?).await?;
    Ok(Created(view(&cx, tenant, automation)))
}
