//! `POST /v1/media/from-zip`

use cloud::PresignedUpload;
use db_media::{MediaDb, MediaJob, MediaJobKind};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::media::upload::{MAX_ZIP_BYTES, upload_to};

/// Pictures in a zip.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromZip {
    /// The zip's exact size in bytes, at most 200,000,000.
    pub size_bytes: u64,
}

/// The job, and the upload of its zip.
#[derive(Serialize, ToSchema)]
pub struct CreatedZip {
    /// The job.
    pub job: MediaJob,
    /// The address to send the file to, within an hour.
    pub upload: PresignedUpload,
}

/// Creates a job for many pictures in a zip. Each file is named after the SKU or EAN of its product, optionally
/// followed by a number (`ABC-1.jpg`, `4006381333931_2.png`), or lies in a folder of that name (`ABC/front.jpg`).
pub async fn create_from_zip(cx: Cx, input: Body<FromZip>) -> Result<Created<CreatedZip>> {
    if !(1..=MAX_ZIP_BYTES).contains(&input.0.size_bytes) {
        let message = messages::media::zip_size(MAX_ZIP_BYTES / 1_000_000, input.0.size_bytes);
        return Err(Error::invalid("size_bytes", "file_too_large", message));
    }
    let (tenant, id) = (cx.tenant()?, Uuid::now_v7());
    let key = format!("media-zips/{tenant}/{id}.zip");
    let upload = upload_to(&cx, &key, "application/zip", input.0.size_bytes).await?;
    let job =
        cx.get::<MediaDb>().await?.create_job(tenant, id, MediaJobKind::Zip, Some(&key), &Stamp::of(&cx)?).await?;
    Ok(Created(CreatedZip { job, upload }))
}
