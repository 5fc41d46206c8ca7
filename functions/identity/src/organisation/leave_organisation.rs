//! `POST /v1/organisation/leave`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Cx, NoContent, Result};

/// Leaves the organisation; the person's sessions in it end.
pub async fn leave_organisation(cx: Cx) -> Result<NoContent> {
    cx.get::<CoreDb>().await?.leave(cx.tenant()?, cx.person()?.user, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
