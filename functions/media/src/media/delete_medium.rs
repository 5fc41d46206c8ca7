//! `DELETE /v1/media/{id}`

use db_media::MediaDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result, log_error};

use crate::media::files::remove_files;
use crate::pipeline::counts::publish_counts_soon;

/// Deletes a picture and its files, and detaches it from its products.
pub async fn delete_medium(cx: Cx, id: Path) -> Result<NoContent> {
    let tenant = cx.tenant()?;
    let medium = cx.get::<MediaDb>().await?.delete_medium(tenant, id.0, &Stamp::of(&cx)?).await?;
    // If this fails, `sweep` removes the files later.
    if let Err(error) = remove_files(&cx, tenant, medium.id, &medium.object_key).await {
        log_error(&error, &cx.request_id);
    }
    publish_counts_soon(&cx, tenant).await;
    Ok(NoContent)
}
