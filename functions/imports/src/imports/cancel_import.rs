//! `POST /v1/imports/{id}/cancel`

use db_imports::{ImportJob, ImportsDb};
use db_tenancy::Stamp;
use runtime::{Cx, Path, Permission, Result};

use crate::pipeline::messages::publish_events;

/// Stops an import. What is already applied stays, and can be undone. Somebody else's import needs the permission
/// `cancel:imports` too.
pub async fn cancel_import(cx: Cx, id: Path) -> Result<ImportJob> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let stamp = Stamp::of(&cx)?;
    if db.import(tenant, id.0).await?.created_by != stamp.actor() {
        cx.caller()?.check(Permission::ImportsCancel)?;
    }
    let cancelled = db.cancel_import(tenant, id.0, &stamp).await?;
    publish_events(&cx, &db, tenant).await?;
    Ok(cancelled)
}
