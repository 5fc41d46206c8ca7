//! `DELETE /v1/me/sessions/{id}`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Path, Result};

/// Ends one of the person's sessions.
pub async fn end_session(cx: Cx, id: Path) -> Result<NoContent> {
    cx.get::<CoreDb>().await?.end_session(cx.person()?.user, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
