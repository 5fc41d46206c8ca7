//! EventBridge: what happened, for whoever cares.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use runtime::{Cx, Error, Resource, Result};

use crate::aws::{Aws, failed};

/// The event bus, named by `EVENT_BUS`.
pub struct Bus {
    client: Client,
    bus: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEvent {
    /// Its kind, such as `ImportCompleted`.
    pub kind: String,
    /// What it is about, JSON.
    pub detail: String,
}

/// What EventBridge takes in one request.
const MAX_ENTRIES: usize = 10;

impl Resource for Bus {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), bus: cx.env().text("EVENT_BUS")?.to_owned() })
    }
}

impl Bus {
    /// Publishes events.
    ///
    /// # Errors
    /// When the bus did not take all of them. Some may be out: consumers are idempotent.
    pub async fn publish(&self, events: &[BusEvent]) -> Result<()> {
        for chunk in events.chunks(MAX_ENTRIES) {
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
            if put.failed_entry_count() > 0 {
                let codes: Vec<&str> = put.entries().iter().filter_map(|entry| entry.error_code()).collect();
                return Err(Error::internal(format!("the bus refused events: {}", codes.join(", "))));
            }
        }
        Ok(())
    }
}
