//! The messages in the queues of exports.

use cloud::{Bus, BusEvent, Outgoing, Queues};
use db_imports::ImportsDb;
use runtime::{Cx, Result, TenantId, log_error};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A message that names an export.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExportMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The export.
    pub export_id: Uuid,
}

/// A message that names a delivery.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliveryMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The delivery.
    pub delivery_id: Uuid,
}

/// Queues an export, to be written in the background.
pub(crate) async fn send_export(cx: &Cx, tenant: TenantId, export_id: Uuid) -> Result<()> {
    let message = Outgoing::json(&ExportMessage { tenant_id: tenant, export_id }, tenant)?;
    cx.get::<Queues>().await?.send("exports-runs", vec![message]).await
}

/// Queues a delivery, to be tried in the background.
pub(crate) async fn send_delivery(cx: &Cx, tenant: TenantId, delivery_id: Uuid) -> Result<()> {
    let message = Outgoing::json(&DeliveryMessage { tenant_id: tenant, delivery_id }, tenant)?;
    cx.get::<Queues>().await?.send("exports-deliveries", vec![message]).await
}

/// Queues deliveries, to be tried in the background. The sweeper queues those that fail here.
pub(crate) async fn send_deliveries(cx: &Cx, tenant: TenantId, deliveries: Vec<Uuid>) {
    for delivery in deliveries {
        if let Err(failed) = send_delivery(cx, tenant, delivery).await {
            log_error(&failed, &delivery.to_string());
        }
    }
}

/// Publishes the events that wait in the tenant's outbox.
pub(crate) async fn publish_events(cx: &Cx, db: &ImportsDb, tenant: TenantId) -> Result<()> {
    let waiting = db.claim_events(tenant, cx.now).await?;
    let events: Vec<BusEvent> =
        waiting.into_iter().map(|event| BusEvent { id: event.id, kind: event.kind, detail: event.detail }).collect();
    let published = cx.get::<Bus>().await?.publish(&events).await?;
    db.mark_published(tenant, &published, cx.now).await
}
