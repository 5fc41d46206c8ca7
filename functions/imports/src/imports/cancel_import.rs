//! `POST /v1/imports/{id}/cancel`

use db_imports::{ImportJob, ImportsDb};
use db_tenancy::Stamp;
use runtime::{Cx, Path, Result};

use crate::pipeline::messages::publish_events;

/// Stops an import. What is already applied stays, and can be undone.
pub async fn cancel_import(cx: Cx, id: Path) -> Result<ImportJob> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let cancelled = db.cancel_import(tenant, id.0, &Stamp::of(&cx)?).await?;
    publish_events(&cx, &db, tenant).await?;
    Ok(cancelled)
}
