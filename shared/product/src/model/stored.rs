//! A product as the catalogue stores it.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::content::Content;
use crate::{Owners, ProductStatus};

/// A product: its content, and what the catalogue adds to it. `null` = not known.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Product {
    /// The id.
    pub id: Uuid,
    /// The version, which grows by 1 with each change; the product's `ETag`.
    pub version: i64,
    /// The content.
    #[serde(flatten)]
    pub content: Content,
    /// How complete it is, 0 to 100.
    pub completeness: i16,
    /// The grade of the completeness: `A`, `B`, `C`, `D` or `F`.
    pub grade: &'static str,
    /// The completeness criteria that it lacks, the one with the highest weight first.
    pub missing: Vec<String>,
    /// The number of attached media.
    pub media: i32,
    /// The fields that an edit by hand locked: no file and no sync changes them.
    pub locked: Vec<String>,
    /// When it was moved to the trash; 30 days later it is deleted for good.
    #[serde(with = "time::serde::rfc3339::option")]
    pub trashed_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// Which source owns which field.
    #[serde(skip)]
    pub owners: Owners,
    /// The import that last wrote it, and the number of the row.
    #[serde(skip)]
    pub import: Option<(Uuid, i32)>,
}

impl Product {
    /// Creates a product that is not stored yet.
    #[must_use]
    pub fn new(content: Content, now: OffsetDateTime) -> Self {
        Self {
            id: Uuid::now_v7(),
            version: 1,
            content,
            completeness: 0,
            grade: "F",
            missing: Vec::new(),
            media: 0,
            locked: Vec::new(),
            trashed_at: None,
            created_at: now,
            updated_at: now,
            owners: Owners::default(),
            import: None,
        }
    }

    /// Returns `true` if it counts towards the quota: it is neither in the trash nor archived.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.trashed_at.is_none() && self.content.status != ProductStatus::Archived
    }
}
