//! `POST /v1/media/{id}/thumbnails`

use db_media::MediaDb;
use runtime::{Accepted, Cx, Error, Path, Result};

use crate::media::links::{MediumView, view};
use crate::pipeline::messages::send_files;

/// Makes the thumbnails of one picture again, in the background.
pub async fn regenerate_one(cx: Cx, id: Path) -> Result<Accepted<MediumView>> {
    let tenant = cx.tenant()?;
    let medium = cx.get::<MediaDb>().await?.medium(tenant, id.0).await?;
    if !matches!(medium.status.as_str(), "ready" | "failed" | "processing") {
        return Err(Error::Conflict { code: "file_missing", message: messages::media::file_missing() });
    }
    send_files(&cx, tenant, "media-files", std::slice::from_ref(&medium.object_key)).await?;
    view(&cx, medium).await.map(Accepted)
}
