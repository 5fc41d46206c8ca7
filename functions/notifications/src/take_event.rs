//! The queue `notices`

use cloud::{Outgoing, Queues};
use db_core::CoreDb;
use runtime::{Cx, Result, TenantId, log_error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::event::{told, usual_wish};
use crate::mail;

/// An event as EventBridge puts it into a queue.
#[derive(Deserialize)]
pub struct BusMessage {
    #[serde(rename = "detail-type")]
    kind: String,
    detail: Value,
}

/// A delivery that is to be tried.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliveryMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The delivery.
    pub delivery_id: Uuid,
}

/// Tells people and webhooks of an event. Delivered again, it tells nobody twice.
pub async fn take_event(cx: Cx, event: BusMessage) -> Result<()> {
    let Some(told) = told(&event.kind, &event.detail)? else {
        tracing::warn!(kind = event.kind, "an event that nobody is told of");
        return Ok(());
    };
    let (db, tenant, notice) = (cx.get::<CoreDb>().await?, told.tenant, &told.notice);
    let wanting = db.add_notice(tenant, notice, |role| usual_wish(notice.event, role), cx.now).await?;
    for user in wanting {
        // What cannot be sent now the sweeper sends.
        if let Err(failed) = mail::send(&cx, &db, (tenant, notice.id, user)).await {
            log_error(&failed, &cx.request_id);
        }
    }
    let at = told.at.unwrap_or_else(|| cx.now.format(&Rfc3339).unwrap_or_default());
    let body = |webhook: Uuid| body(notice.event, webhook, &told.data, &at);
    let deliveries = db.add_deliveries(tenant, (notice.id, notice.event), None, body, cx.now).await?;
    send_deliveries(&cx, deliveries.into_iter().map(|delivery| (tenant, delivery))).await
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
