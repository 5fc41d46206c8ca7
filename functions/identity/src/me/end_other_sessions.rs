//! `DELETE /v1/me/sessions`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Result};

/// Ends all sessions of the person except this one.
pub async fn end_other_sessions(cx: Cx) -> Result<NoContent> {
    let person = cx.person()?;
    let keep = (cx.tenant()?, person.session);
    cx.get::<CoreDb>().await?.end_other_sessions(person.user, keep, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
