//! `POST /v1/auth/confirm-email`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, NoContent, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::link_mail::unknown_link;
use crate::secret::Secret;

/// The token of a link that was sent by mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkToken {
    /// The text after `#token=` in the link.
    pub token: String,
}

/// Changes the address of the account to the new one.
pub async fn confirm_email(cx: Cx, input: Body<LinkToken>) -> Result<NoContent> {
    let token = Secret::parse(&input.0.token).ok_or_else(unknown_link)?;
    let stamp = |old: &str| Stamp::of_person(&cx, token.owner, old);
    cx.get::<CoreDb>().await?.change_email(token.owner, token.hash(), stamp).await?;
    Ok(NoContent)
}
