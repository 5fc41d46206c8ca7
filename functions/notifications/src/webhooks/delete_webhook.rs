//! `DELETE /v1/webhooks/{id}`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes a webhook and its deliveries.
pub async fn delete_webhook(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<CoreDb>().await?.delete_webhook(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
