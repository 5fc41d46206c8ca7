//! `POST /v1/amazon-templates/uploads`

use std::time::Duration;

use cloud::{Objects, PresignedUpload};
use runtime::{Body, Created, Cx, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::amazon::upload::{MOST, key};

const VALID: Duration = Duration::from_secs(60 * 60);

/// A workbook to be uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAmazonUpload {
    /// Its size, at most 20,000,000 bytes.
    pub size_bytes: u64,
}

/// The upload of a workbook.
#[derive(Serialize, ToSchema)]
pub struct AmazonUpload {
    /// The upload's id; when the file is uploaded, `POST /v1/amazon-templates` takes it as `upload`.
    id: Uuid,
    /// Where to send the file, within an hour.
    upload: PresignedUpload,
}

/// Creates an upload for the workbook of a template.
pub async fn create_amazon_upload(cx: Cx, input: Body<CreateAmazonUpload>) -> Result<Created<AmazonUpload>> {
    let bytes = input.0.size_bytes;
    if bytes == 0 || bytes > MOST {
        let message = messages::exports::workbook_size(MOST, bytes);
        return Err(Error::invalid("size_bytes", "out_of_range", message));
    }
    let id = Uuid::now_v7();
    let key = key(cx.tenant()?, id);
    let upload = cx.get::<Objects>().await?.presign_upload(&key, "application/octet-stream", bytes, VALID).await?;
    Ok(Created(AmazonUpload { id, upload }))
}
