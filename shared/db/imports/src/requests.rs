//! Requests that are repeated with the same idempotency key.

use runtime::{Error, Result};
use time::Duration;
use uuid::Uuid;

/// How long the key of a caller is kept. After that the same key makes something new.
pub(crate) const KEYS_ARE_KEPT: Duration = Duration::hours(24);

/// Returns `id`, the job that was found by a key, if the request that made it is the same.
///
/// # Errors
/// 409 when it was another request.
pub(crate) fn same_request(id: Uuid, stored: Option<&[u8]>, request: Option<[u8; 32]>) -> Result<Uuid> {
    match (stored, request) {
        (Some(stored), Some(request)) if stored != request => Err(Error::Conflict {
            code: "idempotency_key_reused",
            message: messages::runtime::idempotency_key_reused(),
        }),
        _ => Ok(id),
    }
}
