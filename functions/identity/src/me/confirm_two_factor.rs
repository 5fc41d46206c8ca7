//! `POST /v1/me/two-factor/confirm`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::me::two_factor::RecoveryCodes;
use crate::{second_factor, throttle};

/// The first code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstCode {
    /// The six digits that the app shows.
    pub code: String,
}

/// Turns two-factor authentication on.
pub async fn confirm_two_factor(cx: Cx, input: Body<FirstCode>) -> Result<RecoveryCodes> {
    let person = cx.person()?;
    let db = cx.get::<CoreDb>().await?;
    let pending = db.second_factor(person.user).await?.filter(|factor| !factor.confirmed);
    let pending = pending.ok_or_else(|| Error::Conflict {
        code: "two_factor_not_begun",
        message: messages::identity::two_factor_not_begun(),
    })?;
    throttle::code(&cx, person.user).await?;
    let step = second_factor::step_of(&cx, person.user, &pending.secret, &input.0.code).await?;
    let (codes, hashes) = second_factor::recovery_codes()?;
    db.confirm_two_factor(person.user, step, &hashes, &Stamp::of(&cx)?).await?;
    throttle::code_was_right(&cx, person.user).await;
    Ok(RecoveryCodes { recovery_codes: codes })
}
