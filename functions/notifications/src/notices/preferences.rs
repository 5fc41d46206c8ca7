//! The events that a person gets mails about.

use std::collections::BTreeMap;

use db_core::{CoreDb, MailWish};
use runtime::{Cx, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::notices::event::{EVENTS, WEBHOOK_DISABLED, default_wish};

/// The events that a person gets mails about.
#[derive(Serialize, ToSchema)]
pub struct Preferences {
    /// By event: `all`, `own` (only what the person started) or `none`.
    mails: BTreeMap<String, MailWish>,
}

impl Preferences {
    /// Returns the person's own choice, or the default of the role.
    pub(crate) async fn of(cx: &Cx) -> Result<Self> {
        let (role, chosen) = cx.get::<CoreDb>().await?.mail_wishes(cx.tenant()?, cx.person()?.user).await?;
        let events = EVENTS.into_iter().chain([WEBHOOK_DISABLED]);
        let wish = |event: &str| chosen.get(event).copied().unwrap_or_else(|| default_wish(event, &role));
        Ok(Preferences { mails: events.map(|event| (event.to_owned(), wish(event))).collect() })
    }
}
