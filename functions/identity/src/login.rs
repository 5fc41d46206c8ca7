//! `POST /v1/auth/login`

use db_core::{CoreDb, NewSession};
use runtime::{Body, Cx, Error, Result, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::password;
use crate::tokens::{LONGEST, RefreshToken, Signer, Tokens};

/// Who logs in, and with what.
#[derive(Deserialize, ToSchema)]
pub struct Login {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    /// Which organisation, for those who belong to several; the first joined unless said.
    #[serde(default)]
    pub organisation_id: Option<TenantId>,
}

/// The same for an unknown address, a wrong password and an organisation one does not belong to.
const REFUSED: Error = Error::Unauthenticated {
    code: "credentials_invalid",
    message: "e-mail address and password do not match; check both, or ask for a new password",
};

/// Begins a session.
pub async fn login(cx: Cx, input: Body<Login>) -> Result<Tokens> {
    let Login { email, password, organisation_id } = input.0;
    let db = cx.get::<CoreDb>().await?;
    let account = db.account(&email.trim().to_lowercase()).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let verified = password::verify(password, hash).await?;
    let account = account.filter(|_| verified).ok_or(REFUSED)?;
    let mut organisations = account.memberships.iter().map(|(tenant, _)| *tenant);
    let tenant = organisations.find(|tenant| organisation_id.is_none_or(|wanted| wanted == *tenant)).ok_or(REFUSED)?;

    let refresh = RefreshToken::random(tenant)?;
    let session = Uuid::now_v7();
    let signer = cx.get::<Signer>().await?;
    let new = NewSession {
        tenant,
        session,
        user: account.user,
        token_hash: refresh.hash(),
        now: cx.now,
        expires_at: cx.now + LONGEST,
    };
    db.begin_session(&new).await?;
    signer.tokens(&cx, account.user, session, &refresh)
}
