//! `db_code2asin`: what Amazon answered for a code. The tables exist; the queries will come with the matching of codes.

db_tenancy::database!(
    /// The database of matched codes.
    Code2AsinDb,
    "db_code2asin",
    "../../../migrations/code2asin"
);
