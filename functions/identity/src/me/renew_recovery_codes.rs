//! `POST /v1/me/two-factor/recovery-codes`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Result};

use crate::me::two_factor::{BothFactors, RecoveryCodes, check};
use crate::second_factor;

/// Replaces the recovery codes with ten new ones.
pub async fn renew_recovery_codes(cx: Cx, input: Body<BothFactors>) -> Result<RecoveryCodes> {
    check(&cx, input.0).await?;
    let (codes, hashes) = second_factor::recovery_codes()?;
    cx.get::<CoreDb>().await?.renew_recovery_codes(cx.person()?.user, &hashes, &Stamp::of(&cx)?).await?;
    Ok(RecoveryCodes { recovery_codes: codes })
}
