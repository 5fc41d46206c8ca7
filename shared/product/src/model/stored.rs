//! A product as the catalogue keeps it.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::content::Content;
use crate::{Owners, ProductStatus};

/// A product: what is said about it, and what the catalogue knows of it. `null` = not known.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Product {
    /// The id.
    pub id: Uuid,
    /// Counts the changes; the product's `ETag`.
    pub version: i64,
    /// What is said about it.
    #[serde(flatten)]
    pub content: Content,
    /// How complete it is, 0 to 100.
    pub completeness: i16,
    /// The grade of that: `A`, `B`, `C`, `D` or `F`.
    pub grade: &'static str,
    /// What it lacks, the heaviest first.
    pub missing: Vec<String>,
    /// How many media are attached.
    pub media: i32,
    /// The fields that an edit by hand locked: no file and no sync changes them.
    pub locked: Vec<String>,
    /// When it was put into the trash; after 30 days it is deleted for good.
    #[serde(with = "time::serde::rfc3339::option")]
    pub trashed_at: Option<OffsetDateTime>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// Which source owns which field.
    #[serde(skip)]
    pub owners: Owners,
    /// The import that wrote it last, and the row.
    #[serde(skip)]
    pub import: Option<(Uuid, i32)>,
}

impl Product {
    /// A product that is not stored yet.
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

    /// Whether it counts on the quota.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.trashed_at.is_none() && self.content.status != ProductStatus::Archived
    }
}
