//! EventBridge: what happened, for whoever cares.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use runtime::{Cx, Resource, Result};
use uuid::Uuid;

use crate::aws::{Aws, failed};

/// The event bus, named by `EVENT_BUS`.
pub struct Bus {
    client: Client,
    bus: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEvent {
    /// Its id, by which the publisher knows it again.
    pub id: Uuid,
    /// Its kind, such as `ImportCompleted`.
    pub kind: String,
    /// What it is about, JSON.
    pub detail: String,
}

/// What EventBridge takes in one request.
const MAX_ENTRIES: usize = 10;
/// What EventBridge takes in one request, bytes of all its entries:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>.
const MAX_BYTES: usize = 256 * 1024;
/// What an entry takes beside its detail and kind: its source and bus, with room to spare.
const ENTRY_BYTES: usize = 256;

impl Resource for Bus {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), bus: cx.env().text("EVENT_BUS")?.to_owned() })
    }
}

impl Bus {
    /// Publishes events; gives the ids of those that the bus took. Those that it refused are in the log.
    ///
    /// # Errors
    /// When the bus does not answer. Some may be out: consumers are idempotent.
    pub async fn publish(&self, events: &[BusEvent]) -> Result<Vec<Uuid>> {
        let mut taken = Vec::with_capacity(events.len());
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
                    None => taken.push(event.id),
                    Some(code) => {
                        tracing::error!(event = %event.id, kind = event.kind, code, "the bus refused an event")
                    }
                }
            }
        }
        Ok(taken)
    }
}

/// The events in requests that EventBridge takes, without those that are too large for any.
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
    fn a_request_holds_what_the_bus_takes() {
        let event = |size: usize| BusEvent { id: Uuid::now_v7(), kind: "Tested".to_owned(), detail: "x".repeat(size) };
        let sizes = |events: &[BusEvent]| requests(events).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&vec![event(10); 25]), [10, 10, 5]);
        assert_eq!(sizes(&vec![event(100_000); 5]), [2, 2, 1]);
        assert_eq!(sizes(&[event(10), event(MAX_BYTES), event(10)]), [2], "one that is too large keeps no other");
        assert_eq!(sizes(&[]), [0; 0]);
    }
}
