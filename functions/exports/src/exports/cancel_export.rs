//! `POST /v1/exports/{id}/cancel`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Cx, Path, Result};

use crate::exports::view::{ExportView, view};

/// Cancels an export that is queued or running: the function that writes it stops at the next page and removes its
/// files.
pub async fn cancel_export(cx: Cx, id: Path) -> Result<ExportView> {
    let tenant = cx.tenant()?;
    let job = cx.get::<ImportsDb>().await?.cancel_export(tenant, id.0, &Stamp::of(&cx)?).await?;
    view(&cx, tenant, job).await
}
