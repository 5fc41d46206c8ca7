//! Keys of advisory locks.

use uuid::Uuid;

/// Returns the key of the advisory lock of a batch or an import.
pub(crate) fn lock_key(id: Uuid) -> i64 {
    i64::from_be_bytes(id.as_bytes()[8..].try_into().unwrap_or_default())
}
