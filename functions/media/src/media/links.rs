//! Where pictures are seen.

use std::time::Duration;

use cloud::Objects;
use db_media::{Medium, object_key};
use runtime::{Cx, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a link to a file is good for, where there is no content delivery network.
const VALID: Duration = Duration::from_secs(60 * 60);

/// A picture and where it is seen.
#[derive(Serialize, ToSchema)]
pub struct MediumView {
    /// The picture; its thumbnails have addresses that stay.
    #[serde(flatten)]
    pub medium: Medium,
    /// The original file, for an hour; `null` until it is there.
    pub original_url: Option<String>,
}

/// Gives a picture its addresses: thumbnails by the content delivery network where there is one, the original by a link
/// that ends.
pub(crate) async fn view(cx: &Cx, mut medium: Medium) -> Result<MediumView> {
    let objects = cx.get::<Objects>().await?;
    let network = cx.env().optional("MEDIA_URL").filter(|url| !url.is_empty());
    for thumbnail in &mut medium.thumbnails.0 {
        let key = object_key(medium.id, &format!("{}.webp", thumbnail.size));
        thumbnail.url = Some(match network {
            Some(network) => format!("{}/{key}", network.trim_end_matches('/')),
            None => objects.presign_view(&key, VALID).await?,
        });
    }
    let original_url = match medium.status.as_str() {
        "ready" => Some(objects.presign_view(&medium.object_key, VALID).await?),
        _ => None,
    };
    Ok(MediumView { medium, original_url })
}

/// Gives pictures their addresses.
pub(crate) async fn views(cx: &Cx, media: Vec<Medium>) -> Result<Vec<MediumView>> {
    let mut views = Vec::with_capacity(media.len());
    for medium in media {
        views.push(view(cx, medium).await?);
    }
    Ok(views)
}
