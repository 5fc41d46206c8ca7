//! `GET /v1/webhooks`

use db_core::{CoreDb, Webhook};
use runtime::{Cx, Page, Result};

/// The webhooks, in the order in which they were made. Their secrets are never shown.
pub async fn list_webhooks(cx: Cx) -> Result<Page<Webhook>> {
    Ok(Page { data: cx.get::<CoreDb>().await?.webhooks(cx.tenant()?).await?, next_cursor: None })
}
