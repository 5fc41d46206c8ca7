//! `POST /v1/me/two-factor/disable`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, NoContent, Result};

use crate::me::two_factor::{BothFactors, check};

/// Turns two-factor authentication off.
pub async fn disable_two_factor(cx: Cx, input: Body<BothFactors>) -> Result<NoContent> {
    check(&cx, input.0).await?;
    cx.get::<CoreDb>().await?.end_two_factor(cx.person()?.user, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
