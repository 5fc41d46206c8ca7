//! `GET /v1/webhooks`

use db_core::{CoreDb, Webhook};
use runtime::{Cx, Page, Result};

/// Lists webhooks in the order of their creation. Their secrets are not shown.
pub async fn list_webhooks(cx: Cx) -> Result<Page<Webhook>> {
    Ok(Page { data: cx.get::<CoreDb>().await?.webhooks(cx.tenant()?).await?, next_cursor: None })
}
