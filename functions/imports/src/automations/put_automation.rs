//! `PUT /v1/automations/{id}`

use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, Path, Result};

use crate::automations::automation::{AutomationInput, AutomationView, Source, view};

/// Changes an automation. `enabled` pauses it, or resumes one that was paused after failures. Its address and its
/// folder stay. Without `secret` the secrets stay too, if the server and the account are the same.
pub async fn put_automation(cx: Cx, id: Path, input: Body<AutomationInput>) -> Result<AutomationView> {
    let (tenant, db) = (cx.tenant()?, cx.get::<SuppliersDb>().await?);
    let before = db.automation(tenant, id.0).await?;
    // Otherwise a user who may change an automation could send its password to a server of their own.
    let same =
        serde_json::from_value::<Source>(before.source).is_ok_and(|source| source.server() == input.0.source.server());
    let needs_secret = !input.0.source.server().is_empty();
    if before.secret.is_some() && input.0.secret.is_none() && !same && needs_secret {
        return Err(Error::invalid("secret", "required", messages::imports::secret_needed()));
    }
    let new = input.0.checked(&cx, tenant, id.0, same).await?;
    let automation = db.put_automation(tenant, id.0, None, &new, &Stamp::of(&cx)?).await?;
    Ok(view(&cx, tenant, automation))
}
