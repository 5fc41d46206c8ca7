//! Deliveries of webhooks: their bodies, and their messages in the queue.

use cloud::{Outgoing, Queues};
use runtime::{Cx, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A delivery to be attempted.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliveryMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The delivery.
    pub delivery_id: Uuid,
}

/// Returns the body of a webhook's message; `at` is the time of the event in RFC 3339.
pub(crate) fn body(event: &str, webhook: Uuid, data: &Value, at: &str) -> String {
    json!({ "event": event, "timestamp": at, "webhook_id": webhook, "data": data }).to_string()
}

/// Queues deliveries.
pub(crate) async fn send_deliveries(cx: &Cx, deliveries: impl Iterator<Item = (TenantId, Uuid)>) -> Result<()> {
    let messages: Vec<Outgoing> = deliveries
        .map(|(tenant_id, delivery_id)| Outgoing::json(&DeliveryMessage { tenant_id, delivery_id }, tenant_id))
        .collect::<Result<_>>()?;
    if messages.is_empty() { Ok(()) } else { cx.get::<Queues>().await?.send("notifications-webhooks", messages).await }
}
