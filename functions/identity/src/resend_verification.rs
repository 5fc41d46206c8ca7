//! `POST /v1/auth/resend-verification`

use db_core::{CoreDb, MailKind};
use runtime::{Accepted, Body, Cx, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::input::EmailAddress;
use crate::sign_up::MailOnItsWay;
use crate::{mailer, throttle};

/// An address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address of the account.
    pub email: EmailAddress,
}

/// Asks for a mail to this address. Whether there is an account is looked up when the mail is sent, so that neither the
/// answer nor its time tells.
pub(crate) async fn ask(cx: &Cx, kind: MailKind, email: &EmailAddress) -> Result<Accepted<MailOnItsWay>> {
    throttle::mail(cx, &email.0).await?;
    let mail = cx.get::<CoreDb>().await?.ask_for_mail(kind, json!({ "email": email.0 }), cx.now).await?;
    mailer::post(cx, mail).await;
    Ok(Accepted(MailOnItsWay { message: "if there is an account with this address, a mail is on its way to it" }))
}

/// Sends the mail that confirms an address again.
pub async fn resend_verification(cx: Cx, input: Body<Address>) -> Result<Accepted<MailOnItsWay>> {
    ask(&cx, MailKind::VerifyAgain, &input.0.email).await
}
