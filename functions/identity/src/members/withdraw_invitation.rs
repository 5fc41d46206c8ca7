//! `DELETE /v1/invitations/{id}`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Withdraws an invitation.
pub async fn withdraw_invitation(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<CoreDb>().await?.withdraw_invitation(cx.tenant()?, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
