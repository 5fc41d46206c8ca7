//! `POST /v1/auth/resend-verification`

use db_core::MailKind;
use runtime::{Accepted, Body, Cx, Result};

use crate::auth::link_mail::{Address, MailOnItsWay, request_mail};

/// Sends the mail that confirms an address once more.
pub async fn resend_verification(cx: Cx, input: Body<Address>) -> Result<Accepted<MailOnItsWay>> {
    request_mail(&cx, MailKind::VerifyAgain, &input.0.email).await
}
