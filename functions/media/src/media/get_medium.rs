//! `GET /v1/media/{id}`

use db_media::MediaDb;
use runtime::{Cx, Path, Result};

use crate::media::links::{MediumView, view};

/// Returns one picture: its status, its properties, its thumbnails.
pub async fn get_medium(cx: Cx, id: Path) -> Result<MediumView> {
    let medium = cx.get::<MediaDb>().await?.medium(cx.tenant()?, id.0).await?;
    view(&cx, medium).await
}
