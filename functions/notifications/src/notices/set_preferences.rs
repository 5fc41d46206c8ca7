//! `PUT /v1/notifications/preferences`

use std::collections::BTreeMap;

use db_core::{CoreDb, MailWish};
use runtime::{Body, Cx, Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::notices::event::{EVENTS, WEBHOOK_DISABLED};
use crate::notices::preferences::Preferences;

/// A person's choice of mails.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPreferences {
    /// By event: `all`, `own` or `none`; other events stay unchanged.
    mails: BTreeMap<String, MailWish>,
}

/// Sets the events that the person gets mails about.
pub async fn set_preferences(cx: Cx, input: Body<SetPreferences>) -> Result<Preferences> {
    let known = [EVENTS.as_slice(), &[WEBHOOK_DISABLED]].concat();
    if let Some(unknown) = input.0.mails.keys().find(|event| !known.contains(&event.as_str())) {
        let message = messages::notifications::event_unknown(known.join(", "), unknown);
        return Err(Error::invalid("mails", "unknown_event", message));
    }
    cx.get::<CoreDb>().await?.set_mail_wishes(cx.tenant()?, cx.person()?.user, &input.0.mails).await?;
    Preferences::of(&cx).await
}
