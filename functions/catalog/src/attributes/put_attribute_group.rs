//! `PUT /v1/attribute-groups/{key}`

use db_catalog::{AttributeGroup, CatalogDb};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Key, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::products::input::name;

/// A group in which attributes are shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttributeGroup {
    /// Its name.
    pub name: String,
    /// Its place among the groups.
    #[serde(default)]
    pub position: i32,
}

/// Creates or changes an attribute group.
pub async fn put_attribute_group(cx: Cx, code: Key, input: Body<NewAttributeGroup>) -> Result<AttributeGroup> {
    let group = AttributeGroup { code: code.0, name: name("name", &input.0.name)?, position: input.0.position };
    cx.get::<CatalogDb>().await?.put_attribute_group(cx.tenant()?, &group, &Stamp::of(&cx)?).await?;
    Ok(group)
}
