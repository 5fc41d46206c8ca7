//! `GET /v1/exports/{id}`

use db_imports::ImportsDb;
use runtime::{Cx, Path, Result};

use crate::exports::view::{ExportView, view};

/// Returns one export, with links to its files.
pub async fn get_export(cx: Cx, id: Path) -> Result<ExportView> {
    let tenant = cx.tenant()?;
    let job = cx.get::<ImportsDb>().await?.export(tenant, id.0).await?;
    view(&cx, tenant, job).await
}
