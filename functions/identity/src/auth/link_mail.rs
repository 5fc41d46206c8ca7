//! Mails with a one-time link: how they are asked for, and what a wrong link is answered.

use db_core::{CoreDb, MailKind};
use runtime::{Accepted, Cx, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::input::EmailAddress;
use crate::mails::mailer;
use crate::throttle;

/// A token that is none of ours.
pub(crate) const UNKNOWN_LINK: Error = Error::Unauthenticated {
    code: "link_invalid",
    message: "this link is not valid; copy it whole from the mail, or ask for a new one",
};

/// An address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address of the account.
    pub email: EmailAddress,
}

/// Asks for a mail to this address. Whether there is an account is looked up when the mail is sent, so that neither the
/// answer nor its time tells.
pub(crate) async fn request_mail(cx: &Cx, kind: MailKind, email: &EmailAddress) -> Result<Accepted<MailOnItsWay>> {
    throttle::mail(cx, &email.0).await?;
    let mail = cx.get::<CoreDb>().await?.ask_for_mail(kind, json!({ "email": email.0 }), cx.now).await?;
    mailer::post(cx, mail).await;
    Ok(Accepted(MailOnItsWay { message: "if there is an account with this address, a mail is on its way to it" }))
}

/// What happens next; the same whether the address was known or not.
#[derive(Serialize, ToSchema)]
pub struct MailOnItsWay {
    /// For people.
    pub message: &'static str,
}
