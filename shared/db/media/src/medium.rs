//! A medium as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Medium {
    /// The id.
    pub id: Uuid,
    /// The name of its file.
    pub file_name: String,
    /// `awaiting_upload`, `fetching`, `processing`, `ready`, `failed` or `duplicate`.
    pub status: String,
    /// What is wrong with it, or worth knowing: a code that clients branch on.
    pub problem_code: Option<String>,
    /// What is wrong with it, or worth knowing: a message for people, in English.
    pub problem: Option<String>,
    /// The media type of its content, such as `image/png`.
    pub content_type: Option<String>,
    /// The size of its file in bytes.
    pub bytes: Option<i64>,
    /// The width in pixels, upright.
    pub width: Option<i32>,
    /// The height in pixels, upright.
    pub height: Option<i32>,
    /// The id of the picture with the same content that existed before; products show that one instead.
    pub duplicate_of: Option<Uuid>,
    /// The address that it was fetched from.
    pub source_url: Option<String>,
    /// Alternative texts for people who cannot see it, by locale.
    #[schema(value_type = BTreeMap<String, String>)]
    pub alt: Json<BTreeMap<String, String>>,
    /// The thumbnails.
    #[schema(value_type = Vec<StoredThumbnail>)]
    pub thumbnails: Json<Vec<StoredThumbnail>>,
    /// The key of its file in S3.
    #[serde(skip)]
    pub object_key: String,
    /// The media type that was declared for the upload.
    #[serde(skip)]
    pub declared: String,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// A thumbnail of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredThumbnail {
    /// The upper limit of the longest side in pixels: 150, 300 or 800.
    pub size: u32,
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The address.
    #[serde(default)]
    pub url: Option<String>,
}
