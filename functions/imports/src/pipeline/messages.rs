//! The messages between the steps of an import. They contain only ids; the rest is loaded (claim check).

use cloud::{Bus, BusEvent, Objects, Outgoing, Queues};
use db_imports::{ImportJob, ImportsDb};
use runtime::{Cx, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::Duration;
use uuid::Uuid;

/// A batch to be written or previewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The import.
    pub import_id: Uuid,
    /// The number of the batch in the file, from 0.
    pub number: i32,
}

/// An import to be completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The import.
    pub import_id: Uuid,
}

/// At most this many batches of one import are under way at once. So a small import of another tenant waits for at most
/// this many batches of a large one.
const WINDOW: i64 = 6;
/// A batch that is not settled after this time is sent again. Longer than `apply` may run.
pub(crate) const STALE: Duration = Duration::seconds(40);

/// Sends the next batches of the import, as many as its window allows. Returns how many were sent.
pub(crate) async fn send_batches(cx: &Cx, db: &ImportsDb, tenant: TenantId, import: Uuid) -> Result<usize> {
    let due = db.claim_batches(tenant, import, WINDOW, cx.now - STALE, cx.now).await?;
    let messages = due
        .iter()
        .map(|batch| {
            Outgoing::json(&BatchMessage { tenant_id: tenant, import_id: import, number: batch.number }, tenant)
        })
        .collect::<Result<Vec<_>>>()?;
    if !messages.is_empty() {
        cx.get::<Queues>().await?.send("imports-batches", messages).await?;
    }
    Ok(due.len())
}

/// Sends the message that finishes an import.
pub(crate) async fn send_finish(cx: &Cx, tenant: TenantId, import: Uuid) -> Result<()> {
    let message = Outgoing::json(&FinishMessage { tenant_id: tenant, import_id: import }, tenant)?;
    cx.get::<Queues>().await?.send("imports-finish", vec![message]).await
}

/// Sends the message that reads an uploaded file again. It has the form of S3's notification.
/// It comes after `seconds`.
pub(crate) async fn send_file(cx: &Cx, tenant: TenantId, job: &ImportJob, seconds: i32) -> Result<()> {
    let bucket = cx.get::<Objects>().await?.bucket().to_owned();
    let key = percent_encoding::utf8_percent_encode(&job.object_key, percent_encoding::NON_ALPHANUMERIC).to_string();
    let object = json!({"key": key, "size": job.size_bytes, "versionId": job.object_version});
    let notification = json!({"Records": [{"s3": {"bucket": {"name": bucket}, "object": object}}]});
    cx.get::<Queues>().await?.send("import-files", vec![Outgoing::json(&notification, tenant)?.after(seconds)]).await
}

/// The current time, for the end of a step, which may be minutes after its beginning.
pub(crate) fn time_now() -> time::OffsetDateTime {
    time::OffsetDateTime::now_utc()
}

/// Publishes the events in the tenant's outbox.
pub(crate) async fn publish_events(cx: &Cx, db: &ImportsDb, tenant: TenantId) -> Result<()> {
    let waiting = db.claim_events(tenant, cx.now).await?;
    let events: Vec<BusEvent> =
        waiting.into_iter().map(|event| BusEvent { id: event.id, kind: event.kind, detail: event.detail }).collect();
    let published = cx.get::<Bus>().await?.publish(&events).await?;
    db.mark_published(tenant, &published, cx.now).await
}
