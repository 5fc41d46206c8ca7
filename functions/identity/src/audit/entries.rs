//! The entries of the audit trails of all databases, merged.

use db_catalog::CatalogDb;
use db_core::CoreDb;
use db_imports::ImportsDb;
use db_media::MediaDb;
use db_suppliers::SuppliersDb;
use db_tenancy::{AuditEntry, AuditFilter, Database, audit_entries};
use runtime::{Cx, Result};
use uuid::Uuid;

/// Returns the newest entries of all databases that match `filter` and come before `before`. The trail of each database
/// is in the order of time, and so are the ids.
pub(crate) async fn newest(cx: &Cx, filter: &AuditFilter, before: Option<Uuid>, limit: i64) -> Result<Vec<AuditEntry>> {
    let tenant = cx.tenant()?;
    let (core, catalog, imports) =
        (cx.get::<CoreDb>().await?, cx.get::<CatalogDb>().await?, cx.get::<ImportsDb>().await?);
    let (media, suppliers) = (cx.get::<MediaDb>().await?, cx.get::<SuppliersDb>().await?);
    let pools = [core.pool(), catalog.pool(), imports.pool(), media.pool(), suppliers.pool()];
    let trails = pools.map(|pool| audit_entries(pool, tenant, filter, before, limit));
    let mut entries: Vec<AuditEntry> = futures::future::try_join_all(trails).await?.into_iter().flatten().collect();
    entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.id));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}
