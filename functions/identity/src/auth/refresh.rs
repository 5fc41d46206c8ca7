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
    /// As the login or the last refresh gave it.
    pub refresh_token: String,
}

const REFUSED: Error =
    Error::Unauthenticated { code: "token_invalid", message: "the refresh token is not valid any more; log in again" };

/// Exchanges a refresh token. One that was used before was stolen from somebody: the session ends for both.
pub async fn refresh(cx: Cx, input: Body<Refresh>) -> Result<Tokens> {
    let old = Secret::parse(&input.0.refresh_token).ok_or(REFUSED)?;
    let new = Secret::random(old.owner)?;
    // Before the old token is used up: a key that cannot be had must not cost the session.
    let signer = cx.get::<Signer>().await?.ready(&cx).await?;
    let db = cx.get::<CoreDb>().await?;
    match db.rotate(TenantId(old.owner), old.hash(), new.hash(), &Stamp::of_job(&cx, "identity.refresh")).await? {
        Rotation::Rotated { session, user } => tokens(&cx, &signer, user, session, &new),
        Rotation::Reused => {
            tracing::warn!(tenant_id = %old.owner, "a refresh token was used twice; its session is ended");
            Err(REFUSED)
        }
        Rotation::Unknown => Err(REFUSED),
    }
}
