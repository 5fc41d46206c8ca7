//! `POST /v1/auth/login`

use db_core::CoreDb;
use db_tenancy::Stamp;
use messages::identity as say;
use runtime::{Body, Cx, Error, Result, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::tokens::{Signer, Tokens, new_session, tokens};
use crate::{password, second_factor, throttle};

/// What a person needs to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    /// A code of the authenticator app, or a recovery code, if two-factor authentication is on.
    #[serde(default)]
    pub code: Option<String>,
    /// The organisation, for a person who belongs to several; default: the one that the person joined first.
    #[serde(default)]
    pub organisation_id: Option<TenantId>,
    /// Whether the session lasts 30 days instead of 7, and does not end by inactivity.
    #[serde(default)]
    pub remember_me: bool,
}

/// The same error for an unknown address, a wrong password, and an organisation to which the person does not belong.
fn refused() -> Error {
    Error::Unauthenticated { code: "credentials_invalid", message: say::credentials_wrong() }
}

/// Begins a session.
pub async fn login(cx: Cx, input: Body<Login>) -> Result<Tokens> {
    let Login { email, password, code, organisation_id, remember_me } = input.0;
    let email = email.trim().to_lowercase();
    let attempt = throttle::begin(&cx, &email).await?;
    let db = cx.get::<CoreDb>().await?;
    // A text that we do not accept as an address has no account. The database cannot store a NUL.
    let account =
        if email.len() <= 254 && email.is_ascii() && !email.contains('\0') { db.account(&email).await? } else { None };
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let verified = password::verify(password, hash).await?;
    let account = account.filter(|_| verified).ok_or_else(refused)?;
    // From here on the caller has proved to know the password. So the errors may say more.
    if !account.verified {
        return Err(Error::Refused { code: "email_not_verified", message: say::email_not_verified() });
    }
    if let Some(secret) = &account.totp_secret {
        let Some(code) = code.as_deref().map(str::trim).filter(|code| !code.is_empty()) else {
            attempt.needs_code(&cx).await;
            return Err(Error::Unauthenticated { code: "second_factor_needed", message: say::code_missing() });
        };
        second_factor::use_code(&cx, &db, account.user, secret, code).await?;
    }
    let mut organisations = account.organisations.iter().copied();
    let tenant = organisations.find(|tenant| organisation_id.is_none_or(|wanted| wanted == *tenant));
    let tenant = tenant.ok_or_else(|| match organisation_id {
        Some(_) => refused(),
        None => Error::Refused { code: "no_organisation", message: say::organisation_missing() },
    })?;
    let signer = cx.get::<Signer>().await?.ready(&cx).await?;
    let (session, refresh) = new_session(&cx, tenant, account.user, remember_me)?;
    let stamp = Stamp::of_person(&cx, account.user, &account.email);
    if !db.begin_session(&session, &account.password_hash, &stamp).await? {
        return Err(refused());
    }
    attempt.succeeded(&cx).await;
    tokens(&cx, &signer, account.user, session.session, &refresh)
}
