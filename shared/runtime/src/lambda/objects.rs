//! Notifications of S3.

use serde::Deserialize;

use crate::error::{Error, Result};

/// An object that was created in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCreated {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The object's size in bytes.
    pub size: u64,
    /// The version, in a bucket that keeps versions.
    pub version_id: Option<String>,
}

/// Returns the objects in a notification of S3. The test message that S3 sends when notifications are set up has no
/// objects.
pub(crate) fn objects_created(body: &str) -> Result<Vec<ObjectCreated>> {
    #[derive(Deserialize)]
    struct Notification {
        #[serde(rename = "Event")]
        event: Option<String>,
        #[serde(rename = "Records", default)]
        records: Vec<Notified>,
    }
    #[derive(Deserialize)]
    struct Notified {
        s3: S3,
    }
    #[derive(Deserialize)]
    struct S3 {
        bucket: Bucket,
        object: Object,
    }
    #[derive(Deserialize)]
    struct Bucket {
        name: String,
    }
    #[derive(Deserialize)]
    struct Object {
        key: String,
        #[serde(default)]
        size: u64,
        #[serde(rename = "versionId")]
        version_id: Option<String>,
    }

    let notification: Notification = serde_json::from_str(body).map_err(Error::internal)?;
    if notification.event.as_deref() == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    notification
        .records
        .into_iter()
        .map(|record| {
            // S3 encodes keys as in a query string: `+` is a space.
            let spaced = record.s3.object.key.replace('+', " ");
            let key =
                percent_encoding::percent_decode_str(&spaced).decode_utf8().map_err(Error::internal)?.into_owned();
            Ok(ObjectCreated {
                bucket: record.s3.bucket.name,
                key,
                size: record.s3.object.size,
                version_id: record.s3.object.version_id.filter(|version| version != "null"),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_as_s3_encodes_them() {
        let body = r#"{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"uploads/t/prix+d%27%C3%A9t%C3%A9%2B.csv","size":3,"versionId":"v"}}}]}"#;
        assert_eq!(objects_created(body).unwrap()[0].key, "uploads/t/prix d'été+.csv");
        assert!(objects_created(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#).unwrap().is_empty());
    }
}
