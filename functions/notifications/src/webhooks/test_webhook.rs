//! `POST /v1/webhooks/{id}/test`

use db_core::CoreDb;
use runtime::{Accepted, Cx, Path, Result};
use serde::Serialize;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::webhooks::deliveries::{body, send_deliveries};

/// A test that is being sent.
#[derive(Serialize, ToSchema)]
pub struct WebhookTest {
    /// The id of the message; its result is among the webhook's deliveries.
    message_id: Uuid,
}

/// Sends the event `test` to a webhook, even if it is switched off.
pub async fn test_webhook(cx: Cx, id: Path) -> Result<Accepted<WebhookTest>> {
    let (tenant, db, message_id) = (cx.tenant()?, cx.get::<CoreDb>().await?, Uuid::now_v7());
    db.webhook(tenant, id.0).await?;
    let data = json!({ "message": messages::notifications::webhook_test().into_string(cx.language) });
    let at = cx.now.format(&Rfc3339).unwrap_or_default();
    let body = |webhook: Uuid| body("test", webhook, &data, &at);
    let deliveries = db.add_deliveries(tenant, message_id, "test", Some(id.0), body, cx.now).await?;
    send_deliveries(&cx, deliveries.into_iter().map(|delivery| (tenant, delivery))).await?;
    Ok(Accepted(WebhookTest { message_id }))
}
