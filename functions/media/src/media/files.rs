//! The files of a picture.

use cloud::Objects;
use db_media::{MediaDb, object_key};
use runtime::{Cx, Result, TenantId};
use uuid::Uuid;

use crate::media::input::SIZES;

/// Removes the files of a deleted picture, then its row.
pub(crate) async fn remove_files(cx: &Cx, tenant: TenantId, id: Uuid, original: &str) -> Result<()> {
    let objects = cx.get::<Objects>().await?;
    objects.remove(original).await?;
    for size in SIZES {
        objects.remove(&object_key(id, &format!("{size}.webp"))).await?;
    }
    cx.get::<MediaDb>().await?.forget_medium(tenant, id).await
}
