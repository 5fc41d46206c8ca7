//! `POST /v1/auth/reset-password`

use db_core::{CoreDb, LinkPurpose};
use db_tenancy::Stamp;
use runtime::{Body, Cx, NoContent, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::link_mail::unknown_link;
use crate::mails::mailer;
use crate::secret::Secret;
use crate::{password, throttle};

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The token from the mail.
    pub token: String,
    /// At least 12 characters, without the address in it.
    pub password: String,
}

/// Sets a new password. If the password is too weak, the link can still be used.
pub async fn reset_password(cx: Cx, input: Body<NewPassword>) -> Result<NoContent> {
    let token = Secret::parse(&input.0.token).ok_or_else(unknown_link)?;
    let db = cx.get::<CoreDb>().await?;
    let email = db.link_address(token.owner, LinkPurpose::ResetPassword, token.hash(), cx.now).await?;
    password::check(&input.0.password, &email)?;
    let hash = password::hash(input.0.password).await?;
    let stamp = |email: &str| Stamp::of_person(&cx, token.owner, email);
    let mail = db.reset_password(token.owner, token.hash(), &hash, stamp).await?;
    throttle::know(&cx, &email).await;
    mailer::post(&cx, mail).await;
    Ok(NoContent)
}
