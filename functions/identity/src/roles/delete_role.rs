//! `DELETE /v1/roles/{id}`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Deletes a role that nobody has.
pub async fn delete_role(cx: Cx, id: Path) -> Result<NoContent> {
    let held = cx.caller()?.permissions;
    cx.get::<CoreDb>().await?.delete_role(cx.tenant()?, id.0, held, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
