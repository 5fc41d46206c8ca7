//! `POST /v1/auth/verify-email`

use db_core::{CoreDb, LinkPurpose};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, NoContent, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::link_mail::UNKNOWN_LINK;
use crate::secret::Secret;
use crate::{password, throttle};

/// The link that was sent, and the password of the sign-up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// As it stands behind `#token=`.
    pub token: String,
    /// The password that was chosen at the sign-up: whoever signed up with somebody else's address does not get the account
    /// by the owner's click.
    pub password: String,
}

/// Confirms an address. A wrong password does not use the link up.
pub async fn verify_email(cx: Cx, input: Body<Verification>) -> Result<NoContent> {
    let token = Secret::parse(&input.0.token).ok_or(UNKNOWN_LINK)?;
    let db = cx.get::<CoreDb>().await?;
    let email = db.link_address(token.owner, LinkPurpose::VerifyEmail, token.hash(), cx.now).await?;
    let attempt = throttle::begin(&cx, &email).await?;
    let hash = db.password_hash(token.owner).await?;
    if !password::verify(input.0.password, Some(hash)).await? {
        return Err(Error::Unauthenticated {
            code: "credentials_invalid",
            message: "this is not the password of the sign-up; if it was not you who signed up, or you have forgotten it, ask for a \
                      new one (POST /v1/auth/forgot-password), which confirms the address as well",
        });
    }
    db.verify_email(token.owner, token.hash(), &Stamp::of_person(&cx, token.owner, &email)).await?;
    attempt.succeeded(&cx).await;
    Ok(NoContent)
}
