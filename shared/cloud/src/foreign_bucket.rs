//! Other people's buckets: on Amazon S3, or on a store with the same API.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Credentials, Region, RequestChecksumCalculation};
use aws_sdk_s3::presigning::PresigningConfig;
use runtime::{Cx, Error, Result};

use crate::aws::{Aws, failed};

/// Access keys of a bucket.
#[derive(Clone)]
pub struct StoreKeys {
    /// The access key's id.
    pub id: String,
    /// The access key's secret.
    pub secret: String,
    /// The session token of temporary keys.
    pub session: Option<String>,
}

/// A bucket that a seller owns. It only signs requests; they are then sent through `net`, which checks addresses.
pub struct ForeignBucket {
    client: Client,
    bucket: String,
}

impl ForeignBucket {
    /// Opens a bucket by its name and region; `endpoint` is the address of a store that is not Amazon's, such as
    /// `https://minio.example:9000`.
    ///
    /// # Errors
    /// When our own settings are missing.
    pub async fn open(cx: &Cx, endpoint: Option<&str>, region: &str, bucket: &str, keys: StoreKeys) -> Result<Self> {
        let aws = cx.get::<Aws>().await?;
        let mut config = Builder::from(&aws.0)
            .region(Region::new(region.to_owned()))
            .credentials_provider(Credentials::new(keys.id, keys.secret, keys.session, None, "seller"))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            // Emulators and most other stores expect the bucket in the path, not in the host name.
            .force_path_style(endpoint.is_some() || cx.env().optional("AWS_ENDPOINT_URL").is_some());
        if let Some(endpoint) = endpoint {
            config = config.endpoint_url(endpoint.trim_end_matches('/'));
        }
        Ok(Self { client: Client::from_conf(config.build()), bucket: bucket.to_owned() })
    }

    /// Returns the address to which a file of `length` bytes can be sent with `PUT`; it expires after `valid`.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn presign_put(&self, key: &str, content_type: &str, length: u64, valid: Duration) -> Result<String> {
        let length = i64::try_from(length).map_err(Error::internal)?;
        let request =
            self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type).content_length(length);
        let signed = request
            .presigned(PresigningConfig::expires_in(valid).map_err(Error::internal)?)
            .await
            .map_err(|error| failed("signing an upload", error))?;
        Ok(signed.uri().to_owned())
    }
}
