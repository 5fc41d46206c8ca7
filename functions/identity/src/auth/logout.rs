//! `POST /v1/auth/logout`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Result};

/// Ends the session.
pub async fn logout(cx: Cx) -> Result<NoContent> {
    let person = cx.person()?;
    cx.get::<CoreDb>().await?.end_session(person.user, person.session, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
