//! `GET /v1/files/{key}`

use std::time::Duration;

use cloud::Objects;
use runtime::{Cx, Error, Found, Key, Result};

use crate::exports::links::linked;

/// Enough to begin a download.
const VALID: Duration = Duration::from_secs(5 * 60);

/// Leads to the file of a link that a mail or a webhook had.
pub async fn open_file(cx: Cx, link: Key) -> Result<Found> {
    let file = linked(&cx, &link.0).await?.ok_or(Error::NotFound("file any more, or the link is not whole"))?;
    cx.get::<Objects>().await?.presign_download(&file.key, &file.name, VALID).await.map(Found)
}
