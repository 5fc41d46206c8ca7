//! `DELETE /v1/automations/{id}`

use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes an automation. Its imports stay.
pub async fn delete_automation(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<SuppliersDb>().await?.delete_automation(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
