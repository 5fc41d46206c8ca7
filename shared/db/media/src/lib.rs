//! `db_media`: pictures and documents of products. Its tables are there; its queries come with the media pipeline.

db_tenancy::database!(
    /// The media database.
    MediaDb,
    "db_media",
    "../../../migrations/media"
);
