//! Which mails about notices a person wants.

use std::collections::BTreeMap;

use db_core::{CoreDb, MailWish};
use runtime::{Cx, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::notices::event::{EVENTS, WEBHOOK_DISABLED, usual_wish};

/// Of which events a person gets mails.
#[derive(Serialize, ToSchema)]
pub struct Preferences {
    /// `all`, `own` (what the person began) or `none`, by event.
    mails: BTreeMap<String, MailWish>,
}

impl Preferences {
    /// What the person chose, else what is usual for the role.
    pub(crate) async fn of(cx: &Cx) -> Result<Self> {
        let (role, said) = cx.get::<CoreDb>().await?.mail_wishes(cx.tenant()?, cx.person()?.user).await?;
        let events = EVENTS.into_iter().chain([WEBHOOK_DISABLED]);
        let wish = |event: &str| said.get(event).copied().unwrap_or_else(|| usual_wish(event, &role));
        Ok(Preferences { mails: events.map(|event| (event.to_owned(), wish(event))).collect() })
    }
}
