//! `db_core`: organisations, people, sessions, and the check of a caller that every domain makes.

mod accounts;
mod authenticate;
mod sessions;
mod signing_keys;

pub use accounts::{Account, NewOrganisation};
pub use authenticate::{Claims, authenticate};
pub use sessions::{NewSession, Rotation};
pub use signing_keys::{SigningKey, StoredSigningKey};

db_tenancy::database!(
    /// The core database.
    CoreDb,
    "db_core",
    "../../../migrations/core"
);
