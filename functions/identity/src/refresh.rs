//! `POST /v1/auth/refresh`

use db_core::{CoreDb, Rotation};
use runtime::{Body, Cx, Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::tokens::{IDLE, RefreshToken, Signer, Tokens};

/// A refresh token.
#[derive(Deserialize, ToSchema)]
pub struct Refresh {
    /// As the login or the last refresh gave it.
    pub refresh_token: String,
}

const REFUSED: Error =
    Error::Unauthenticated { code: "token_invalid", message: "the refresh token is not valid any more; log in again" };

/// Exchanges a refresh token. One that was used before was stolen from somebody: the session ends for both.
pub async fn refresh(cx: Cx, input: Body<Refresh>) -> Result<Tokens> {
    let old = RefreshToken::parse(&input.0.refresh_token).ok_or(REFUSED)?;
    let new = RefreshToken::random(old.tenant)?;
    // Before the old token is used up: a key that cannot be had must not cost the session.
    let signer = cx.get::<Signer>().await?;
    let db = cx.get::<CoreDb>().await?;
    match db.rotate(old.tenant, old.hash(), new.hash(), cx.now, cx.now - IDLE).await? {
        Rotation::Rotated { session, user, .. } => signer.tokens(&cx, user, session, &new),
        Rotation::Reused => {
            tracing::warn!(tenant_id = %old.tenant, "a refresh token was used twice; its session is ended");
            Err(REFUSED)
        }
        Rotation::Unknown => Err(REFUSED),
    }
}
