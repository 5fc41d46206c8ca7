//! S3: the one data bucket.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use runtime::{Cx, Error, Resource, Result};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use utoipa::ToSchema;

use crate::aws::{Aws, failed};

/// The data bucket; the variable `DATA_BUCKET` holds its name.
pub struct Objects {
    client: Client,
    bucket: String,
}

/// An object that is being read.
pub struct ObjectReader {
    /// Its size in bytes.
    pub size: u64,
    /// Its content, as a stream.
    pub body: Box<dyn AsyncRead + Send + Sync + Unpin>,
}

/// The right to upload one object without credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PresignedUpload {
    /// `PUT`.
    pub method: &'static str,
    /// The address to send the file to.
    pub url: String,
    /// The headers; send them with exactly these values.
    pub headers: std::collections::BTreeMap<String, String>,
}

/// A multipart upload in progress: finish it or abort it. If it is dropped, it is aborted in the background; if that
/// fails, the bucket's lifecycle rule removes its parts.
pub struct Upload {
    client: Client,
    bucket: String,
    key: String,
    id: String,
    pending: Vec<u8>,
    parts: Vec<CompletedPart>,
    written: u64,
    open: bool,
}

/// The size of a part in bytes. S3 accepts parts of 5 MiB and more; only the last one may be smaller.
const PART: usize = 8 * 1024 * 1024;

impl Resource for Objects {
    async fn open(cx: &Cx) -> Result<Self> {
        let aws = cx.get::<Aws>().await?;
        let bucket = cx.env().text("DATA_BUCKET")?.to_owned();
        // Emulators expect the bucket in the path, not in the host name.
        let local = cx.env().optional("AWS_ENDPOINT_URL").is_some();
        let config = Builder::from(&aws.0).force_path_style(local).build();
        Ok(Self { client: Client::from_conf(config), bucket })
    }
}

impl Objects {
    /// Returns the bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Begins to read an object: this version, or the latest one by default.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it does not exist.
    pub async fn read(&self, key: &str, version: Option<&str>) -> Result<ObjectReader> {
        let request = self.client.get_object().bucket(&self.bucket).key(key).set_version_id(version.map(str::to_owned));
        let object = request.send().await.map_err(|error| match error.as_service_error() {
            Some(service) if service.is_no_such_key() => Error::NotFound(messages::things::file()),
            _ => failed("reading an object", error),
        })?;
        let size = object.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        Ok(ObjectReader { size, body: Box::new(object.body.into_async_read()) })
    }

    /// Reads all of a small object.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it does not exist; an internal error when it is larger than `limit` bytes.
    pub async fn read_small(&self, key: &str, limit: u64) -> Result<Vec<u8>> {
        let object = self.read(key, None).await?;
        let mut bytes = Vec::new();
        object.body.take(limit + 1).read_to_end(&mut bytes).await.map_err(Error::internal)?;
        if bytes.len() as u64 > limit {
            return Err(Error::internal(format!("the object {key} is larger than {limit} bytes")));
        }
        Ok(bytes)
    }

    /// Writes a small object.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn write(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<()> {
        let body = ByteStream::from(bytes);
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type).body(body);
        request.send().await.map_err(|error| failed("writing an object", error))?;
        Ok(())
    }

    /// Writes a small object whose content never changes under its key. Browsers may keep it for a year, a content
    /// delivery network for a day: so a deleted object disappears from the network after a day.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn write_immutable(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<()> {
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type);
        let request =
            request.cache_control("public, max-age=31536000, s-maxage=86400, immutable").body(ByteStream::from(bytes));
        request.send().await.map_err(|error| failed("writing an object", error))?;
        Ok(())
    }

    /// Begins to write an object whose size is not known.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn upload(&self, key: &str, content_type: &str) -> Result<Upload> {
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(key).content_type(content_type);
        let begun = request.send().await.map_err(|error| failed("beginning an upload", error))?;
        Ok(Upload {
            client: self.client.clone(),
            bucket: self.bucket.clone(),
            key: key.to_owned(),
            id: begun.upload_id().unwrap_or_default().to_owned(),
            pending: Vec::new(),
            parts: Vec::new(),
            written: 0,
            open: true,
        })
    }

    /// Removes an object. An object that does not exist is no error.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn remove(&self, key: &str) -> Result<()> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key);
        request.send().await.map_err(|error| failed("removing an object", error))?;
        Ok(())
    }

    /// Returns the right to upload `key` within `valid`, with exactly this type and this number of bytes: both are
    /// signed, so S3 refuses anything else.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn presign_upload(
        &self,
        key: &str,
        content_type: &str,
        bytes: u64,
        valid: Duration,
    ) -> Result<PresignedUpload> {
        let length = i64::try_from(bytes).map_err(Error::internal)?;
        let request =
            self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type).content_length(length);
        let presigned = request
            .presigned(PresigningConfig::expires_in(valid).map_err(Error::internal)?)
            .await
            .map_err(|error| failed("signing an upload", error))?;
        let headers =
            [("content-type".to_owned(), content_type.to_owned()), ("content-length".to_owned(), bytes.to_string())];
        Ok(PresignedUpload { method: "PUT", url: presigned.uri().to_owned(), headers: headers.into() })
    }

    /// Returns a link that shows `key`; it expires after `valid`.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn presign_view(&self, key: &str, valid: Duration) -> Result<String> {
        let presigned = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .presigned(PresigningConfig::expires_in(valid).map_err(Error::internal)?)
            .await
            .map_err(|error| failed("signing a link", error))?;
        Ok(presigned.uri().to_owned())
    }

    /// Returns a link that downloads `key` as `file_name`; it expires after `valid`.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn presign_download(&self, key: &str, file_name: &str, valid: Duration) -> Result<String> {
        let disposition = disposition(file_name);
        let request = self.client.get_object().bucket(&self.bucket).key(key).response_content_disposition(disposition);
        let presigned = request
            .presigned(PresigningConfig::expires_in(valid).map_err(Error::internal)?)
            .await
            .map_err(|error| failed("signing a download", error))?;
        Ok(presigned.uri().to_owned())
    }
}

/// Returns the header `Content-Disposition` that saves a download as `file_name` (RFC 6266).
///
/// S3 takes ISO 8859-1 only, so a name with other letters is there twice: in ASCII, and in UTF-8 as RFC 8187 writes it.
fn disposition(file_name: &str) -> String {
    let plain: String =
        file_name.chars().map(|c| if c == '"' || c == '\\' || !(' '..='~').contains(&c) { '_' } else { c }).collect();
    let mut disposition = format!("attachment; filename=\"{plain}\"");
    if !file_name.is_ascii() {
        disposition += "; filename*=UTF-8''";
        for byte in file_name.chars().filter(|c| !c.is_control()).collect::<String>().bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                disposition.push(char::from(byte));
            } else {
                disposition += &format!("%{byte:02X}");
            }
        }
    }
    disposition
}

impl Upload {
    /// Adds bytes; sends a part when enough bytes are pending.
    ///
    /// # Errors
    /// When S3 refuses the part. The caller must then abort.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PART { self.send_part().await } else { Ok(()) }
    }

    /// Returns the number of bytes that were added so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written + self.pending.len() as u64
    }

    /// Completes the object; returns its size in bytes.
    ///
    /// # Errors
    /// When S3 refuses it; the upload is then aborted.
    pub async fn finish(mut self) -> Result<u64> {
        let sent = if self.pending.is_empty() && !self.parts.is_empty() { Ok(()) } else { self.send_part().await };
        let finished = match sent {
            Ok(()) => self.complete().await,
            Err(error) => Err(error),
        };
        match finished {
            Ok(()) => {
                self.open = false;
                Ok(self.written)
            }
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Aborts the upload: S3 removes its parts.
    pub async fn abort(mut self) {
        self.open = false;
        abort(self.client.clone(), self.bucket.clone(), self.key.clone(), self.id.clone()).await;
    }

    async fn send_part(&mut self) -> Result<()> {
        let bytes = std::mem::take(&mut self.pending);
        let size = bytes.len() as u64;
        let number = i32::try_from(self.parts.len() + 1).map_err(Error::internal)?;
        let request =
            self.client.upload_part().bucket(&self.bucket).key(&self.key).upload_id(&self.id).part_number(number);
        let sent =
            request.body(ByteStream::from(bytes)).send().await.map_err(|error| failed("sending a part", error))?;
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag().map(str::to_owned))
            .set_checksum_crc32(sent.checksum_crc32().map(str::to_owned));
        self.parts.push(part.build());
        self.written += size;
        Ok(())
    }

    async fn complete(&self) -> Result<()> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(&self.key).upload_id(&self.id);
        request.multipart_upload(parts).send().await.map_err(|error| failed("finishing an upload", error))?;
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.open
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(abort(self.client.clone(), self.bucket.clone(), self.key.clone(), self.id.clone()));
        }
    }
}

async fn abort(client: Client, bucket: String, key: String, id: String) {
    let aborted = client.abort_multipart_upload().bucket(bucket).key(&key).upload_id(id).send().await;
    if let Err(error) = aborted {
        tracing::warn!(key, error = %failed("aborting an upload", error), "an upload stays until the lifecycle removes it");
    }
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_download_keeps_its_name_in_any_script() {
        for (name, header) in [
            ("a b.csv", "attachment; filename=\"a b.csv\""),
            ("a\"\r\nX: y.csv", "attachment; filename=\"a___X: y.csv\""),
            (
                "prix d'été.csv",
                "attachment; filename=\"prix d'_t_.csv\"; filename*=UTF-8''prix%20d%27%C3%A9t%C3%A9.csv",
            ),
            ("产品.csv", "attachment; filename=\"__.csv\"; filename*=UTF-8''%E4%BA%A7%E5%93%81.csv"),
        ] {
            assert_eq!(disposition(name), header);
        }
    }
}
