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
    /// Its id.
    pub id: Uuid,
    /// Its file's name.
    pub file_name: String,
    /// `awaiting_upload`, `fetching`, `processing`, `ready`, `failed` or `duplicate`.
    pub status: String,
    /// What is wrong with it, or worth knowing: a code that clients branch on.
    pub problem_code: Option<String>,
    /// The same for people.
    pub problem: Option<String>,
    /// What it is by its content, such as `image/png`.
    pub content_type: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<i64>,
    /// The upright picture's width in pixels.
    pub width: Option<i32>,
    /// The upright picture's height in pixels.
    pub height: Option<i32>,
    /// The same picture, which was there before and has taken this one's place.
    pub duplicate_of: Option<Uuid>,
    /// Where it was fetched from.
    pub source_url: Option<String>,
    /// Texts for those who do not see it, by locale.
    #[schema(value_type = BTreeMap<String, String>)]
    pub alt: Json<BTreeMap<String, String>>,
    /// Its thumbnails.
    #[schema(value_type = Vec<StoredThumbnail>)]
    pub thumbnails: Json<Vec<StoredThumbnail>>,
    /// Where it is stored.
    #[serde(skip)]
    pub object_key: String,
    /// What the upload was declared to be.
    #[serde(skip)]
    pub declared: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// A thumbnail that is stored beside its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredThumbnail {
    /// The most that its longest side has: 150, 300 or 800.
    pub size: u32,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its address.
    #[serde(default)]
    pub url: Option<String>,
}
