//! Deliveries of webhooks: their bodies and their messages.

use cloud::{Outgoing, Queues};
use runtime::{Cx, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A delivery that is to be tried.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliveryMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The delivery.
    pub delivery_id: Uuid,
}

/// What a webhook gets; `at` is when the event was, as RFC 3339 writes it.
pub(crate) fn body(event: &str, webhook: Uuid, data: &Value, at: &str) -> String {
    json!({ "event": event, "timestamp": at, "webhook_id": webhook, "data": data }).to_string()
}

/// Sends deliveries on their way.
pub(crate) async fn send_deliveries(cx: &Cx, deliveries: impl Iterator<Item = (TenantId, Uuid)>) -> Result<()> {
    let messages: Vec<Outgoing> = deliveries
        .map(|(tenant_id, delivery_id)| Outgoing::json(&DeliveryMessage { tenant_id, delivery_id }, tenant_id))
        .collect::<Result<_>>()?;
    if messages.is_empty() { Ok(()) } else { cx.get::<Queues>().await?.send("notifications-webhooks", messages).await }
}
