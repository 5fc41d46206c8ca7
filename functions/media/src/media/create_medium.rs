//! `POST /v1/media`

use std::collections::BTreeMap;

use cloud::PresignedUpload;
use db_media::{MediaDb, NewMedium};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::media::input::{MAX_BYTES, check_alt, check_products, file_name, once};
use crate::media::links::{MediumView, view};
use crate::media::upload::upload_to;
use crate::pipeline::counts::publish_counts_soon;

/// A picture to be uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMedium {
    /// The name of its file; it ends in `.jpg`, `.png` or `.webp`.
    pub file_name: String,
    /// Its exact size in bytes, at most 10,000,000.
    pub size_bytes: u64,
    /// The products that get it, after their existing pictures.
    #[serde(default)]
    pub product_ids: Vec<Uuid>,
    /// Alternative texts for people who cannot see it, by locale.
    #[serde(default)]
    pub alt: BTreeMap<String, String>,
}

/// The picture, and the upload of its file.
#[derive(Serialize, ToSchema)]
pub struct CreatedMedium {
    /// The picture.
    pub medium: MediumView,
    /// The address to send the file to, within an hour.
    pub upload: PresignedUpload,
}

/// Creates a picture, whose file is then uploaded.
pub async fn create_medium(cx: Cx, input: Body<CreateMedium>) -> Result<Created<CreatedMedium>> {
    let (input, tenant) = (input.0, cx.tenant()?);
    let (name, format) = file_name(&input.file_name)?;
    if !(1..=MAX_BYTES).contains(&input.size_bytes) {
        let message = messages::media::picture_size(MAX_BYTES / 1_000_000, input.size_bytes);
        return Err(Error::invalid("size_bytes", "file_too_large", message));
    }
    check_alt(&input.alt)?;
    let products = once(input.product_ids);
    check_products(&cx, &products).await?;
    let new = NewMedium {
        id: Uuid::new_v4(),
        file_name: name,
        declared: format.media_type(),
        extension: format.extension(),
        bytes: i64::try_from(input.size_bytes).ok(),
        source_url: None,
        alt: input.alt,
        products,
    };
    let medium = cx.get::<MediaDb>().await?.create_medium(tenant, &new, &Stamp::of(&cx)?).await?;
    let upload = upload_to(&cx, &medium.object_key, format.media_type(), input.size_bytes).await?;
    publish_counts_soon(&cx, tenant).await;
    Ok(Created(CreatedMedium { medium: view(&cx, medium).await?, upload }))
}
