//! `POST /v1/auth/login`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Error, Result, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::tokens::{Signer, Tokens, new_session, tokens};
use crate::{password, second_factor, throttle};

/// Who logs in, and with what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    /// A code of the authenticator app, or a recovery code, when two-factor is on.
    #[serde(default)]
    pub code: Option<String>,
    /// Which organisation, for those who belong to several; the first joined unless said.
    #[serde(default)]
    pub organisation_id: Option<TenantId>,
    /// The session does not end by inactivity, and lasts 30 days rather than 7.
    #[serde(default)]
    pub remember_me: bool,
}

/// The same for an unknown address, a wrong password and an organisation one does not belong to.
const REFUSED: Error = Error::Unauthenticated {
    code: "credentials_invalid",
    message: "e-mail address and password do not match; check both, or ask for a new password",
};

/// Begins a session.
pub async fn login(cx: Cx, input: Body<Login>) -> Result<Tokens> {
    let Login { email, password, code, organisation_id, remember_me } = input.0;
    let email = email.trim().to_lowercase();
    let attempt = throttle::begin(&cx, &email).await?;
    let db = cx.get::<CoreDb>().await?;
    // What is no address that we take belongs to nobody: a NUL, which the database cannot hold, among them.
    let account =
        if email.len() <= 254 && email.is_ascii() && !email.contains('\0') { db.account(&email).await? } else { None };
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let verified = password::verify(password, hash).await?;
    let account = account.filter(|_| verified).ok_or(REFUSED)?;
    // From here on the caller has proved to know the password, and may be told more.
    if !account.verified {
        return Err(Error::Refused {
            code: "email_not_verified",
            message: "confirm your e-mail address first, by the link that was sent to it; POST /v1/auth/resend-verification sends another"
                .to_owned(),
        });
    }
    if let Some(secret) = &account.totp_secret {
        let Some(code) = code.as_deref().map(str::trim).filter(|code| !code.is_empty()) else {
            attempt.goes_on(&cx).await;
            return Err(Error::Unauthenticated {
                code: "second_factor_needed",
                message: "two-factor authentication is on; send the code that the app shows, or a recovery code, as `code`",
            });
        };
        second_factor::take(&cx, &db, account.user, secret, code).await?;
    }
    let mut organisations = account.organisations.iter().copied();
    let tenant = organisations.find(|tenant| organisation_id.is_none_or(|wanted| wanted == *tenant));
    let tenant = tenant.ok_or_else(|| match organisation_id {
        Some(_) => REFUSED,
        None => Error::Refused {
            code: "no_organisation",
            message: "you belong to no organisation any more; ask for an invitation".to_owned(),
        },
    })?;
    let signer = cx.get::<Signer>().await?.ready(&cx).await?;
    let (session, refresh) = new_session(&cx, tenant, account.user, remember_me)?;
    let stamp = Stamp::of_person(&cx, account.user, &account.email);
    if !db.begin_session(&session, &account.password_hash, &stamp).await? {
        return Err(REFUSED);
    }
    attempt.succeeded(&cx).await;
    tokens(&cx, &signer, account.user, session.session, &refresh)
}
