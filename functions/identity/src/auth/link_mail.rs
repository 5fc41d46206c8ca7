//! Mails with a one-time link: how they are requested, and the answer to a wrong link.

use db_core::{CoreDb, MailKind};
use messages::Text;
use runtime::{Accepted, Cx, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::input::EmailAddress;
use crate::mails::mailer;
use crate::throttle;

/// The error for a token that is not one of ours.
pub(crate) fn unknown_link() -> Error {
    Error::Unauthenticated { code: "link_invalid", message: messages::identity::link_unknown() }
}

/// The address of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address of the account.
    pub email: EmailAddress,
}

/// Requests a mail to this address. Whether an account exists is looked up only when the mail is sent. So neither the
/// answer nor its duration shows it.
pub(crate) async fn request_mail(cx: &Cx, kind: MailKind, email: &EmailAddress) -> Result<Accepted<MailOnItsWay>> {
    throttle::mail(cx, &email.0).await?;
    let mail = cx.get::<CoreDb>().await?.ask_for_mail(kind, json!({ "email": email.0 }), cx.now).await?;
    mailer::post(cx, mail).await;
    Ok(Accepted(MailOnItsWay::new(cx, messages::identity::mail_sent_if_known())))
}

/// The answer to a request that sends a mail; the same whether the address was known or not.
#[derive(Serialize, ToSchema)]
pub struct MailOnItsWay {
    /// What happens next, for people.
    pub message: String,
}

impl MailOnItsWay {
    /// Returns the answer with `message` in the language of the request.
    pub(crate) fn new(cx: &Cx, message: Text) -> Self {
        Self { message: message.into_string(cx.language) }
    }
}
