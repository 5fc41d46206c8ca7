//! `db_media`: pictures, to which products they belong, and jobs on many of them.

mod attachments;
mod jobs;
mod media;

pub use attachments::Attached;
pub use jobs::{MediaJob, MediaJobKind, MediaJobProblem, MediaJobState};
pub use media::{Medium, MediumState, NewMedium, Processed, StoredThumbnail, object_key};

db_tenancy::database!(
    /// The media database.
    MediaDb,
    "db_media",
    "../../../migrations/media"
);
