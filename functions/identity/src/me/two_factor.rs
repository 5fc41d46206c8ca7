//! Inputs and outputs of the handlers for the second factor.

use db_core::CoreDb;
use runtime::{Cx, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{password, second_factor};

/// Codes for a person who has lost the phone; shown only in this answer.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Ten codes; each can be used once instead of a code of the app.
    pub recovery_codes: Vec<String>,
}

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
/// 401 when one of them is wrong, 409 when two-factor authentication is off.
pub(crate) async fn check(cx: &Cx, factors: BothFactors) -> Result<()> {
    let user = cx.person()?.user;
    let db = cx.get::<CoreDb>().await?;
    let factor = db
        .second_factor(user)
        .await?
        .filter(|factor| factor.confirmed)
        .ok_or_else(|| Error::Conflict { code: "two_factor_off", message: messages::identity::two_factor_off() })?;
    password::confirm(cx, factors.current_password).await?;
    second_factor::use_code(cx, &db, user, &factor.secret, &factors.code).await
}
