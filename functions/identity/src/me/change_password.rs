//! `POST /v1/me/password`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, NoContent, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::mails::mailer;
use crate::password;

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The current password.
    pub current_password: String,
    /// At least 12 characters, without the address in it.
    pub new_password: String,
}

/// Changes the password.
pub async fn change_password(cx: Cx, input: Body<PasswordChange>) -> Result<NoContent> {
    let person = cx.person()?;
    password::check(&input.0.new_password, &person.email)?;
    password::confirm(&cx, input.0.current_password).await?;
    let hash = password::hash(input.0.new_password).await?;
    let db = cx.get::<CoreDb>().await?;
    let mail = db.change_password(person.user, &hash, Some(person.session), &Stamp::of(&cx)?).await?;
    mailer::post(&cx, mail).await;
    Ok(NoContent)
}
