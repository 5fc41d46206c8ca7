//! `PUT /v1/automations/{id}`

use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, Path, Result};

use crate::automations::automation::{AutomationInput, AutomationView, Source, view};

/// Changes an automation: also to pause it (`enabled`), and to let one go on that paused after failures. Its address and its
/// folder stay; without `secret` the secrets stay too, as long as
/// they go to the same server and account.
pub async fn put_automation(cx: Cx, id: Path, input: Body<AutomationInput>) -> Result<AutomationView> {
    let (tenant, db) = (cx.tenant()?, cx.get::<SuppliersDb>().await?);
    let before = db.automation(tenant, id.0).await?;
    // Otherwise whoever may change an automation could have its password sent to a server of his own.
    let same =
        serde_json::from_value::<Source>(before.source).is_ok_and(|source| source.server() == input.0.source.server());
    let takes_one = !input.0.source.server().is_empty();
    if before.secret.is_some() && input.0.secret.is_none() && !same && takes_one {
        let message = "the automation goes to another server or account now: give its password, key or token again";
        return Err(Error::invalid("secret", "required", message));
    }
    let new = input.0.checked(&cx, tenant, id.0, same).await?;
    let automation = db.put_automation(tenant, id.0, None, &new, &Stamp::of(&cx)?).await?;
    Ok(view(&cx, tenant, automation))
}
