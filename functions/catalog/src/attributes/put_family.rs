//! `PUT /v1/families/{key}`

use db_catalog::{CatalogDb, Family, FamilyAttribute, Work};
use db_tenancy::Stamp;
use runtime::{Body, Cx, IdempotencyKey, Key, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::jobs::background;
use crate::products::input::name;

/// A kind of product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFamily {
    /// Its name.
    pub name: String,
    /// The attributes that its products have, and the channels that require them.
    #[serde(default)]
    pub attributes: Vec<FamilyAttribute>,
}

/// Creates or changes a family. A job then computes the completeness of all products again.
pub async fn put_family(cx: Cx, code: Key, input: Body<NewFamily>) -> Result<Family> {
    let family = Family { code: code.0, name: name("name", &input.0.name)?, attributes: input.0.attributes.into() };
    cx.get::<CatalogDb>().await?.put_family(cx.tenant()?, &family, &Stamp::of(&cx)?).await?;
    background::begin(&cx, &Work::Assess, &IdempotencyKey::default()).await?;
    Ok(family)
}
