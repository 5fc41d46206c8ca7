//! `GET /v1/audit-log`

use db_core::CoreDb;
use db_imports::ImportsDb;
use db_tenancy::{AuditEntry, AuditFilter, Database, audit_entries};
use runtime::{Cursor, Cx, Page, PageQuery, Query, Result};
use uuid::Uuid;

/// The newest lines of all databases that `filter` wants, those before `before`: each database's own trail is in the order
/// of time, and so are the ids.
pub(crate) async fn newest(cx: &Cx, filter: &AuditFilter, before: Option<Uuid>, limit: i64) -> Result<Vec<AuditEntry>> {
    let tenant = cx.tenant()?;
    let (core, imports) = (cx.get::<CoreDb>().await?, cx.get::<ImportsDb>().await?);
    let (core, imports) = tokio::try_join!(
        audit_entries(core.pool(), tenant, filter, before, limit),
        audit_entries(imports.pool(), tenant, filter, before, limit),
    )?;
    let mut entries = core;
    entries.extend(imports);
    entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.id));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}

/// Lists the audit trail.
pub async fn list_audit(cx: Cx, filter: Query<AuditFilter>, page: Query<PageQuery>) -> Result<Page<AuditEntry>> {
    let (before, limit) = (page.0.after_id()?, page.0.limit()?);
    let entries = newest(&cx, &filter.0, before, limit + 1).await?;
    Ok(Page::cut(entries, limit, |entry| Cursor::Id(entry.id)))
}
