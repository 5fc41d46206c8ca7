//! The addresses of pictures and their thumbnails.

use std::time::Duration;

use cloud::Objects;
use db_media::{Medium, object_key};
use runtime::{Cx, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a signed link to a file is valid.
const VALID: Duration = Duration::from_secs(60 * 60);

/// A picture and the address of its file.
#[derive(Serialize, ToSchema)]
pub struct MediumView {
    /// The picture, with the addresses of its thumbnails.
    #[serde(flatten)]
    pub medium: Medium,
    /// A link to the original file, valid for an hour; `null` until the picture is ready.
    pub original_url: Option<String>,
}

/// Adds the addresses of a picture. With a content delivery network (`MEDIA_URL`) thumbnails have permanent addresses;
/// without one, and for the original, they are links that expire.
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

/// Adds the addresses of pictures, as [`view`] does.
pub(crate) async fn views(cx: &Cx, media: Vec<Medium>) -> Result<Vec<MediumView>> {
    let mut views = Vec::with_capacity(media.len());
    for medium in media {
        views.push(view(cx, medium).await?);
    }
    Ok(views)
}
