//! `PATCH /v1/me`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::input::{Locale, Name, TimeZone};
use crate::me::profile::Me;

/// The values that change; a value that is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// The new name.
    #[serde(default)]
    pub name: Option<Name>,
    /// The new language.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// The new time zone.
    #[serde(default)]
    pub time_zone: Option<TimeZone>,
}

/// Changes name, language or time zone.
pub async fn change_me(cx: Cx, input: Body<ProfileChange>) -> Result<Me> {
    let ProfileChange { name, locale, time_zone } = input.0;
    let (name, zone) = (name.map(|name| name.0), time_zone.map(|zone| zone.0));
    let db = cx.get::<CoreDb>().await?;
    let (user, locale) = (cx.person()?.user, locale.map(Locale::as_str));
    db.change_profile(user, cx.tenant()?, name.as_deref(), locale, zone.as_deref(), &Stamp::of(&cx)?).await?;
    Me::of(&cx).await
}
