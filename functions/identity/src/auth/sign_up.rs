//! `POST /v1/organisations`

use db_core::{CoreDb, NewOrganisation};
use db_tenancy::Stamp;
use runtime::{Accepted, Body, Cx, Result, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::link_mail::MailOnItsWay;
use crate::input::{EmailAddress, Locale, Name};
use crate::mails::mailer;
use crate::{password, throttle};

/// An organisation and its first user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// The organisation's name.
    pub organisation: Name,
    /// The user's e-mail address.
    pub email: EmailAddress,
    /// At least 12 characters, without the address in it.
    pub password: String,
    /// The language of the mails; default: English.
    #[serde(default)]
    pub locale: Locale,
}

/// Creates an organisation and its first user.
pub async fn sign_up(cx: Cx, input: Body<SignUp>) -> Result<Accepted<MailOnItsWay>> {
    let SignUp { organisation, email, password, locale } = input.0;
    password::check(&password, &email.0)?;
    throttle::mail(&cx, &email.0).await?;
    let password_hash = password::hash(password).await?;
    let new = NewOrganisation {
        tenant: TenantId(Uuid::now_v7()),
        name: &organisation.0,
        user: Uuid::now_v7(),
        email: &email.0,
        password_hash: &password_hash,
        locale: locale.as_str(),
    };
    let stamp = Stamp::of_person(&cx, new.user, new.email);
    let mail = cx.get::<CoreDb>().await?.sign_up(&new, &stamp).await?;
    mailer::post(&cx, mail).await;
    Ok(Accepted(MailOnItsWay::new(&cx, messages::identity::mail_sent())))
}
