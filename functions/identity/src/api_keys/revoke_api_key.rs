//! `DELETE /v1/api-keys/{id}`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Revokes an API key.
pub async fn revoke_api_key(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<CoreDb>().await?.revoke_api_key(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
