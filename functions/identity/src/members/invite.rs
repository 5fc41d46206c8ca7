//! `POST /v1/invitations`

use db_core::{CoreDb, Invitation, LOCALE};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Error, Result};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::input::{EmailAddress, Locale, RoleName, ahead};
use crate::mails::mailer;
use crate::members::invitation::InvitationView;
use crate::throttle;

/// An invitation to send.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The address of the person.
    pub email: EmailAddress,
    /// The role that is offered.
    pub role: RoleName,
    /// A personal message in the mail, at most 1,000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub message: Option<String>,
    /// The language of the mail; default: the setting `general.locale`.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// Until when it can be accepted, at most 30 days from now; default: 7 days.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// Invites a person.
pub async fn invite(cx: Cx, input: Body<NewInvitation>) -> Result<Created<InvitationView>> {
    let NewInvitation { email, role, message, locale, expires_at } = input.0;
    let stamp = Stamp::of(&cx)?;
    if message.as_ref().is_some_and(|message| message.chars().count() > 1_000) {
        return Err(Error::invalid("message", "value_too_long", messages::runtime::too_long(1_000)));
    }
    if message.as_ref().is_some_and(|message| message.contains('\0')) {
        return Err(Error::invalid("message", "control_character", messages::runtime::control_character()));
    }
    let expires_at = match expires_at {
        Some(at) => ahead("expires_at", at, cx.now, Duration::days(30))?,
        None => cx.now + Duration::days(7),
    };
    throttle::mail(&cx, &email.0).await?;
    let db = cx.get::<CoreDb>().await?;
    let locale = match locale {
        Some(locale) => locale.as_str().to_owned(),
        None => db.settings(&cx).await?.get(&LOCALE),
    };
    let invitation = Invitation {
        id: Uuid::now_v7(),
        email: email.0,
        role: role.0,
        message: message.filter(|message| !message.trim().is_empty()),
        locale,
        invited_by: stamp.actor().unwrap_or_default(),
        created_at: cx.now,
        expires_at,
    };
    let held = cx.caller()?.permissions;
    let mail = db.invite(cx.tenant()?, &invitation, held, &stamp).await?;
    mailer::post(&cx, mail).await;
    Ok(Created(invitation.into()))
}
