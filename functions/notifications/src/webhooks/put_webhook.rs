//! `PUT /v1/webhooks/{id}`

use db_core::{CoreDb, Webhook};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};

use crate::webhooks::input::WebhookInput;

/// Changes a webhook; its secret stays the same. `active: true` also switches on a webhook that was switched off after
/// failures.
pub async fn put_webhook(cx: Cx, id: Path, input: Body<WebhookInput>) -> Result<Webhook> {
    let new = input.0.checked(&cx).await?;
    cx.get::<CoreDb>().await?.put_webhook(cx.tenant()?, id.0, &new, &Stamp::of(&cx)?).await
}
