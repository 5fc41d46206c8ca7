//! `DELETE /v1/members/{id}`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Removes a member; the member's sessions in the organisation end.
pub async fn remove_member(cx: Cx, id: Path) -> Result<NoContent> {
    let held = cx.caller()?.permissions;
    cx.get::<CoreDb>().await?.remove_member(cx.tenant()?, id.0, held, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
