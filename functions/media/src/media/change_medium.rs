//! `PATCH /v1/media/{id}`

use std::collections::BTreeMap;

use db_media::MediaDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::media::input::check_alt;
use crate::media::links::{MediumView, view};

/// A change of a picture.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMedium {
    /// Alternative texts for people who cannot see it, by locale; they replace all existing ones.
    pub alt: BTreeMap<String, String>,
}

/// Sets the alternative texts of a picture.
pub async fn change_medium(cx: Cx, id: Path, input: Body<ChangeMedium>) -> Result<MediumView> {
    check_alt(&input.0.alt)?;
    let medium = cx.get::<MediaDb>().await?.set_alt(cx.tenant()?, id.0, &input.0.alt, &Stamp::of(&cx)?).await?;
    view(&cx, medium).await
}
