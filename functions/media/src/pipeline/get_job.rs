//! `GET /v1/media-jobs/{id}`

use db_media::{MediaDb, MediaJob};
use runtime::{Cx, Path, Result};

/// Returns one job on many pictures: its progress, and the files that it could not use.
pub async fn get_job(cx: Cx, id: Path) -> Result<MediaJob> {
    cx.get::<MediaDb>().await?.media_job(cx.tenant()?, id.0).await
}
