//! A webhook as the API accepts it.

use db_core::NewWebhook;
use messages::notifications as say;
use net::Fetcher;
use runtime::{Cx, Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::notices::event::EVENTS;

/// A webhook to be created or changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookInput {
    /// The address that receives the events, `https://…`.
    pub url: String,
    /// The events that it receives.
    pub events: Vec<String>,
    /// A description, at most 200 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it receives events; default: `true`.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

impl WebhookInput {
    pub(crate) async fn checked(self, cx: &Cx) -> Result<NewWebhook> {
        let url = self.url.trim().to_owned();
        if url.len() > 2_000 || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::invalid("url", "invalid", say::url_invalid()));
        }
        let verdict = cx.get::<Fetcher>().await?.judge(&url);
        verdict.map_err(|error| Error::invalid("url", error.code(), error.message()))?;
        if self.events.is_empty() {
            return Err(Error::invalid("events", "required", say::events_required(EVENTS.join(", "))));
        }
        if let Some(unknown) = self.events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
            let message = say::event_unknown(EVENTS.join(", "), unknown);
            return Err(Error::invalid("events", "unknown_event", message));
        }
        let description = self.description.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if description.as_ref().is_some_and(|text| text.chars().count() > 200 || text.chars().any(char::is_control)) {
            return Err(Error::invalid("description", "length", say::description_length()));
        }
        let mut events = self.events;
        events.sort_unstable();
        events.dedup();
        Ok(NewWebhook { url, description, events, active: self.active })
    }
}

/// Returns the encryption context of a webhook's secret, from the ids of its organisation and itself.
pub(crate) fn context<'i>(tenant: &'i str, webhook: &'i str) -> [(&'i str, &'i str); 2] {
    [("tenant", tenant), ("webhook", webhook)]
}
