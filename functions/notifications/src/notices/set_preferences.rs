//! `PUT /v1/notifications/preferences`

use std::collections::BTreeMap;

use db_core::{CoreDb, MailWish};
use runtime::{Body, Cx, Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::notices::event::{EVENTS, WEBHOOK_DISABLED};
use crate::notices::preferences::Preferences;

/// What a person chooses.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPreferences {
    /// `all`, `own` or `none`, by event; events that are not named stay as they are.
    mails: BTreeMap<String, MailWish>,
}

/// Chooses of which events the person gets mails.
pub async fn set_preferences(cx: Cx, input: Body<SetPreferences>) -> Result<Preferences> {
    let known = |event: &str| EVENTS.contains(&event) || event == WEBHOOK_DISABLED;
    if let Some(unknown) = input.0.mails.keys().find(|event| !known(event)) {
        let message = format!("expected {} or {WEBHOOK_DISABLED}, found \"{unknown}\"", EVENTS.join(", "));
        return Err(Error::invalid("mails", "unknown_event", message));
    }
    cx.get::<CoreDb>().await?.set_mail_wishes(cx.tenant()?, cx.person()?.user, &input.0.mails).await?;
    Preferences::of(&cx).await
}
