//! `POST /v1/auth/refresh`

use db_core::{CoreDb, Rotation};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, Result, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::secret::Secret;
use crate::tokens::{Signer, Tokens, tokens};

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token from the login or the last refresh.
    pub refresh_token: String,
}

fn refused() -> Error {
    Error::Unauthenticated { code: "token_invalid", message: messages::identity::refresh_token_invalid() }
}

/// Exchanges a refresh token. If a token is used twice, somebody has stolen it: the session ends for both.
pub async fn refresh(cx: Cx, input: Body<Refresh>) -> Result<Tokens> {
    let old = Secret::parse(&input.0.refresh_token).ok_or_else(refused)?;
    let new = Secret::random(old.owner)?;
    // Before the old token is used up: if no key is available, the session must not be lost.
    let signer = cx.get::<Signer>().await?.ready(&cx).await?;
    let db = cx.get::<CoreDb>().await?;
    match db.rotate(TenantId(old.owner), old.hash(), new.hash(), &Stamp::of_job(&cx, "identity.refresh")).await? {
        Rotation::Rotated { session, user } => tokens(&cx, &signer, user, session, &new),
        Rotation::Reused => {
            tracing::warn!(tenant_id = %old.owner, "a refresh token was used twice; its session is ended");
            Err(refused())
        }
        Rotation::Unknown => Err(refused()),
    }
}
