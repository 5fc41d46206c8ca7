//! `DELETE /v1/export-schedules/{id}`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes a schedule; its exports stay.
pub async fn delete_schedule(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<ImportsDb>().await?.delete_schedule(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
