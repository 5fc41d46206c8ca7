//! Uploads of templates from Seller Central.

use runtime::TenantId;
use uuid::Uuid;

/// Seller Central's workbooks have up to some megabytes.
pub(crate) const MOST: u64 = 20_000_000;

/// Where a workbook lies.
pub(crate) fn key(tenant: TenantId, upload: Uuid) -> String {
    format!("exports/{tenant}/amazon/{upload}")
}
