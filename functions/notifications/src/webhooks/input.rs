//! A webhook as the API takes it.

use db_core::NewWebhook;
use net::Fetcher;
use runtime::{Cx, Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::notices::event::EVENTS;

/// A webhook that is made, or put in the place of one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookInput {
    /// The address, `https://…`.
    pub url: String,
    /// The events that it is told of.
    pub events: Vec<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it is told; `true` unless said.
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
            return Err(Error::invalid(
                "url",
                "invalid",
                "expected an address of at most 2,000 characters, without spaces",
            ));
        }
        let judged = cx.get::<Fetcher>().await?.judge(&url);
        judged.map_err(|why| Error::invalid("url", why.code(), why.to_string()))?;
        if self.events.is_empty() {
            return Err(Error::invalid(
                "events",
                "required",
                format!("expected at least one of {}", EVENTS.join(", ")),
            ));
        }
        if let Some(unknown) = self.events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
            let message = format!("expected {}, found \"{unknown}\"", EVENTS.join(", "));
            return Err(Error::invalid("events", "unknown_event", message));
        }
        let description = self.description.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if description.as_ref().is_some_and(|text| text.chars().count() > 200 || text.chars().any(char::is_control)) {
            return Err(Error::invalid("description", "length", "expected at most 200 characters in one line"));
        }
        let mut events = self.events;
        events.sort_unstable();
        events.dedup();
        Ok(NewWebhook { url, description, events, active: self.active })
    }
}

/// The encryption context of a webhook's secret, from the texts of its two ids.
pub(crate) fn context<'i>(tenant: &'i str, webhook: &'i str) -> [(&'i str, &'i str); 2] {
    [("tenant", tenant), ("webhook", webhook)]
}
