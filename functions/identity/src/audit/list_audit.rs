//! `GET /v1/audit-log`

use db_tenancy::{AuditEntry, AuditFilter};
use runtime::{Cursor, Cx, Page, PageQuery, Query, Result};

use crate::audit::entries::newest;

/// Lists the entries of the audit trail.
pub async fn list_audit(cx: Cx, filter: Query<AuditFilter>, page: Query<PageQuery>) -> Result<Page<AuditEntry>> {
    let (before, limit) = (page.0.after_id()?, page.0.limit()?);
    let entries = newest(&cx, &filter.0, before, limit + 1).await?;
    Ok(Page::cut(entries, limit, |entry| Cursor::Id(entry.id)))
}
