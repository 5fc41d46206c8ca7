//! Uploads of pictures and zips.

use std::time::Duration;

use cloud::{Objects, PresignedUpload};
use runtime::{Cx, Result};

/// Returns the right to upload a file.
pub(crate) async fn upload_to(cx: &Cx, key: &str, content_type: &str, bytes: u64) -> Result<PresignedUpload> {
    cx.get::<Objects>().await?.presign_upload(key, content_type, bytes, UPLOAD_VALID).await
}

/// The largest zip: 200 MB.
pub(crate) const MAX_ZIP_BYTES: u64 = 200_000_000;

/// How long the upload address is valid.
const UPLOAD_VALID: Duration = Duration::from_secs(60 * 60);
