//! `POST /v1/auth/forgot-password`

use db_core::MailKind;
use runtime::{Accepted, Body, Cx, Result};

use crate::auth::link_mail::{Address, MailOnItsWay, request_mail};

/// Sends a link to set a new password.
pub async fn forgot_password(cx: Cx, input: Body<Address>) -> Result<Accepted<MailOnItsWay>> {
    request_mail(&cx, MailKind::ResetPassword, &input.0.email).await
}
