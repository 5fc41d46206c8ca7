//! `GET /v1/notifications/preferences`

use runtime::{Cx, Result};

use crate::notices::preferences::Preferences;

/// Of which events the person gets mails: what the person chose, else what is usual for the role.
pub async fn get_preferences(cx: Cx) -> Result<Preferences> {
    Preferences::of(&cx).await
}
