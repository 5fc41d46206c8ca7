//! What handlers of the second factor take and answer.

use db_core::CoreDb;
use runtime::{Cx, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{password, second_factor};

/// Codes for the day on which the phone is lost; shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Ten, each good once in place of a code of the app.
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
