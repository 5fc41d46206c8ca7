//! `db_code2asin`: what Amazon answered for a code. Its tables are there; its queries come with Code2ASIN.

db_tenancy::database!(
    /// The Code2ASIN database.
    Code2AsinDb,
    "db_code2asin",
    "../../../migrations/code2asin"
);
