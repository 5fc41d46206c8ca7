//! `POST /v1/me/two-factor`

use cloud::Keys;
use db_core::CoreDb;
use runtime::{Body, Created, Cx, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::password;
use crate::second_factor::{self, Enrolment};

/// The proof that the owner of the account asks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The password.
    pub current_password: String,
}

/// What the authenticator app needs; shown only in this answer.
#[derive(Serialize, ToSchema)]
pub struct EnrolmentView {
    /// The secret in base32, for people who type it.
    pub secret: String,
    /// The secret as a URI that apps open (`otpauth://`).
    pub otpauth_uri: String,
    /// The URI as a QR code, SVG.
    pub qr_svg: String,
    /// The URI as a QR code, PNG in base64.
    pub qr_png_base64: String,
}

/// Begins two-factor authentication. It is on when a first code has confirmed it.
pub async fn begin_two_factor(cx: Cx, input: Body<Confirmation>) -> Result<Created<EnrolmentView>> {
    password::confirm(&cx, input.0.current_password).await?;
    let person = cx.person()?;
    let enrolment = Enrolment::random(&person.email)?;
    let user = person.user.to_string();
    let encrypted = cx.get::<Keys>().await?.encrypt(&enrolment.secret, &second_factor::context(&user)).await?;
    cx.get::<CoreDb>().await?.begin_two_factor(person.user, &encrypted).await?;
    Ok(Created(EnrolmentView {
        secret: enrolment.secret_base32,
        otpauth_uri: enrolment.otpauth_uri,
        qr_svg: enrolment.qr_svg,
        qr_png_base64: enrolment.qr_png_base64,
    }))
}
