//! `GET /v1/files/{key}`

use std::time::Duration;

use cloud::Objects;
use runtime::{Cx, Error, Found, Key, Result};

use crate::exports::links::linked;

/// Long enough to begin a download.
const VALID: Duration = Duration::from_secs(5 * 60);

/// Redirects to the file of a link from a mail or a webhook.
pub async fn open_file(cx: Cx, link: Key) -> Result<Found> {
    let file = linked(&cx, &link.0).await?.ok_or_else(|| Error::NotFound(messages::things::file()))?;
    cx.get::<Objects>().await?.presign_download(&file.key, &file.name, VALID).await.map(Found)
}
