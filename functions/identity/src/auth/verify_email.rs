//! `POST /v1/auth/verify-email`

use db_core::{CoreDb, LinkPurpose};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, NoContent, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::link_mail::unknown_link;
use crate::secret::Secret;
use crate::{password, throttle};

/// The link that was sent, and the password of the sign-up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// The text after `#token=` in the link.
    pub token: String,
    /// The password that was chosen at the sign-up. It is needed because somebody may have signed up with an address
    /// that is not theirs: the click of the address's owner must not give them the account.
    pub password: String,
}

/// Confirms an address. If the password is wrong, the link can still be used.
pub async fn verify_email(cx: Cx, input: Body<Verification>) -> Result<NoContent> {
    let token = Secret::parse(&input.0.token).ok_or_else(unknown_link)?;
    let db = cx.get::<CoreDb>().await?;
    let email = db.link_address(token.owner, LinkPurpose::VerifyEmail, token.hash(), cx.now).await?;
    let attempt = throttle::begin(&cx, &email).await?;
    let hash = db.password_hash(token.owner).await?;
    if !password::verify(input.0.password, Some(hash)).await? {
        return Err(Error::Unauthenticated {
            code: "credentials_invalid",
            message: messages::identity::password_of_sign_up_wrong(),
        });
    }
    db.verify_email(token.owner, token.hash(), &Stamp::of_person(&cx, token.owner, &email)).await?;
    attempt.succeeded(&cx).await;
    Ok(NoContent)
}
