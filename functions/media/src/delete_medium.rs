//! `DELETE /v1/media/{id}`

use cloud::Objects;
use db_media::{MediaDb, object_key};
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result, TenantId, log_error};
use uuid::Uuid;

use crate::counts::tell_soon;
use crate::input::SIZES;

/// Deletes a picture: from its products at once, its files with it.
pub async fn delete_medium(cx: Cx, id: Path) -> Result<NoContent> {
    let tenant = cx.tenant()?;
    let medium = cx.get::<MediaDb>().await?.delete_medium(tenant, id.0, &Stamp::of(&cx)?).await?;
    // What fails here is done by the sweeper.
    if let Err(error) = remove_files(&cx, tenant, medium.id, &medium.object_key).await {
        log_error(&error, &cx.request_id);
    }
    tell_soon(&cx, tenant).await;
    Ok(NoContent)
}

/// Removes the files of a deleted picture, and forgets it.
pub(crate) async fn remove_files(cx: &Cx, tenant: TenantId, id: Uuid, original: &str) -> Result<()> {
    let objects = cx.get::<Objects>().await?;
    objects.remove(original).await?;
    for size in SIZES {
        objects.remove(&object_key(id, &format!("{size}.webp"))).await?;
    }
    cx.get::<MediaDb>().await?.forget_medium(tenant, id).await
}
