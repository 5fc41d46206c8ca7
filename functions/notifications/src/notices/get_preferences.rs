//! `GET /v1/notifications/preferences`

use runtime::{Cx, Result};

use crate::notices::preferences::Preferences;

/// Returns the events that the person gets mails about: the person's own choice, or the default of the role.
pub async fn get_preferences(cx: Cx) -> Result<Preferences> {
    Preferences::of(&cx).await
}
