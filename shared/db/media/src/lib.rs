//! `db_media`: pictures, the products that they belong to, and jobs on many pictures.

mod attachments;
mod jobs;
mod media;
mod medium;

pub use attachments::Attached;
pub use jobs::{MediaJob, MediaJobKind, MediaJobProblem, MediaJobState};
pub use media::{MediumState, NewMedium, ProcessedFile, object_key};
pub use medium::{Medium, StoredThumbnail};

db_tenancy::database!(
    /// The media database.
    MediaDb,
    "db_media",
    "../../../migrations/media"
);
