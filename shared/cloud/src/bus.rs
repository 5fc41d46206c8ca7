//! EventBridge: publishes events.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use runtime::{Cx, Resource, Result};
use uuid::Uuid;

use crate::aws::{Aws, failed};

/// The event bus; the variable `EVENT_BUS` holds its name.
pub struct Bus {
    client: Client,
    bus: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEvent {
    /// The id, by which the publisher identifies it.
    pub id: Uuid,
    /// The kind, such as `ImportCompleted`.
    pub kind: String,
    /// The details, as JSON.
    pub detail: String,
}

/// The most entries in one request to EventBridge.
const MAX_ENTRIES: usize = 10;
/// The most bytes in one request to EventBridge, of all entries together:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>.
const MAX_BYTES: usize = 256 * 1024;
/// An upper bound of the bytes of an entry beside its detail and kind: its source and bus.
const ENTRY_BYTES: usize = 256;

impl Resource for Bus {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), bus: cx.env().text("EVENT_BUS")?.to_owned() })
    }
}

impl Bus {
    /// Publishes events; returns the ids of those that the bus accepted. Those that it refused are logged.
    ///
    /// # Errors
    /// When the bus does not answer. Some events may have been published: consumers are idempotent.
    pub async fn publish(&self, events: &[BusEvent]) -> Result<Vec<Uuid>> {
        let mut accepted = Vec::with_capacity(events.len());
        for chunk in requests(events) {
            let entries = chunk.iter().map(|event| {
                PutEventsRequestEntry::builder()
                    .event_bus_name(&self.bus)
                    .source("products-manager")
                    .detail_type(&event.kind)
                    .detail(&event.detail)
                    .build()
            });
            let put = self.client.put_events().set_entries(Some(entries.collect())).send().await;
            let put = put.map_err(|error| failed("publishing events", error))?;
            for (event, entry) in chunk.iter().zip(put.entries()) {
                match entry.error_code() {
                    None => accepted.push(event.id),
                    Some(code) => {
                        tracing::error!(event = %event.id, kind = event.kind, code, "the bus refused an event")
                    }
                }
            }
        }
        Ok(accepted)
    }
}

/// Divides the events into requests that EventBridge accepts. Events that are too large for one request are logged and
/// left out.
fn requests(events: &[BusEvent]) -> Vec<Vec<&BusEvent>> {
    let mut requests: Vec<Vec<&BusEvent>> = Vec::new();
    let mut bytes = 0;
    for event in events {
        let size = ENTRY_BYTES + event.kind.len() + event.detail.len();
        if size > MAX_BYTES {
            tracing::error!(event = %event.id, kind = event.kind, size, "an event is too large for the bus");
            continue;
        }
        match requests.last_mut() {
            Some(last) if last.len() < MAX_ENTRIES && bytes + size <= MAX_BYTES => {
                last.push(event);
                bytes += size;
            }
            _ => {
                requests.push(vec![event]);
                bytes = size;
            }
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_keep_to_the_limits_of_the_bus() {
        let event = |size: usize| BusEvent { id: Uuid::now_v7(), kind: "Tested".to_owned(), detail: "x".repeat(size) };
        let sizes = |events: &[BusEvent]| requests(events).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&vec![event(10); 25]), [10, 10, 5]);
        assert_eq!(sizes(&vec![event(100_000); 5]), [2, 2, 1]);
        assert_eq!(sizes(&[event(10), event(MAX_BYTES), event(10)]), [2], "an event that is too large blocks no other");
        assert_eq!(sizes(&[]), [0; 0]);
    }
}
