//! `POST /v1/me/two-factor/disable`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, NoContent, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{password, second_factor};

/// Both factors.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BothFactors {
    /// The password.
    pub current_password: String,
    /// A code of the app, or a recovery code.
    pub code: String,
}

/// Checks both factors of the person who calls.
///
/// # Errors
/// 401 when one is wrong, 409 when two-factor is off.
pub(crate) async fn check(cx: &Cx, factors: BothFactors) -> Result<()> {
    let user = cx.person()?.user;
    let db = cx.get::<CoreDb>().await?;
    let factor = db.second_factor(user).await?.filter(|factor| factor.confirmed).ok_or_else(|| Error::Conflict {
        code: "two_factor_off",
        message: "two-factor authentication is off".to_owned(),
    })?;
    password::confirm(cx, factors.current_password).await?;
    second_factor::take(cx, &db, user, &factor.secret, &factors.code).await
}

/// Turns two-factor authentication off.
pub async fn disable_two_factor(cx: Cx, input: Body<BothFactors>) -> Result<NoContent> {
    check(&cx, input.0).await?;
    cx.get::<CoreDb>().await?.end_two_factor(cx.person()?.user, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
