//! `POST /v1/me/email`

use db_core::{CoreDb, MailKind};
use runtime::{Accepted, Body, Cx, Error, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::auth::link_mail::MailOnItsWay;
use crate::input::EmailAddress;
use crate::mails::mailer;
use crate::{password, throttle};

/// A new address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailChange {
    /// The new e-mail address of the account.
    pub new_email: EmailAddress,
    /// The password.
    pub current_password: String,
}

/// Requests a new address. If it belongs to another account, only the person who confirms it learns this.
pub async fn change_email(cx: Cx, input: Body<EmailChange>) -> Result<Accepted<MailOnItsWay>> {
    let EmailChange { new_email, current_password } = input.0;
    let person = cx.person()?;
    if new_email.0 == person.email {
        return Err(Error::invalid("new_email", "unchanged", messages::identity::email_unchanged(new_email.0)));
    }
    password::confirm(&cx, current_password).await?;
    throttle::mail(&cx, &new_email.0).await?;
    let db = cx.get::<CoreDb>().await?;
    let detail = json!({ "user_id": person.user, "email": new_email.0, "old_email": person.email });
    for kind in [MailKind::EmailIsChanging, MailKind::ConfirmNewEmail] {
        let mail = db.ask_for_mail(kind, detail.clone(), cx.now).await?;
        mailer::post(&cx, mail).await;
    }
    Ok(Accepted(MailOnItsWay::new(&cx, messages::identity::mail_sent_to_new_address())))
}
