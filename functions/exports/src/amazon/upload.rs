//! Uploads of templates from Seller Central.

use runtime::TenantId;
use uuid::Uuid;

/// The largest workbook in bytes. Those of Seller Central have a few megabytes.
pub(crate) const MOST: u64 = 20_000_000;

/// Returns the key of a workbook in the object store.
pub(crate) fn key(tenant: TenantId, upload: Uuid) -> String {
    format!("exports/{tenant}/amazon/{upload}")
}
