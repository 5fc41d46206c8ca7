//! `PATCH /v1/categories/{id}`

use std::collections::BTreeMap;

use db_catalog::{CatalogDb, Category, CategoryChange};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::categories::input::check_names;
use crate::products::input::name;

/// The changes of a category. Absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeCategory {
    /// Another name.
    #[serde(default)]
    pub name: Option<String>,
    /// Other names, by locale.
    #[serde(default)]
    pub names: Option<BTreeMap<String, String>>,
    /// Another place among its siblings.
    #[serde(default)]
    pub position: Option<i32>,
    /// Another category above it; `null` = the root. Everything below it moves with it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    pub parent_id: Option<Option<Uuid>>,
}

/// Reads a field that is present; `null` is a value too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Option<Uuid>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Renames a category, or moves it together with the categories below it.
pub async fn change_category(cx: Cx, id: Path, input: Body<ChangeCategory>) -> Result<Category> {
    let ChangeCategory { name: new_name, names, position, parent_id } = input.0;
    check_names(names.as_ref().unwrap_or(&BTreeMap::new()))?;
    let new_name = new_name.map(|text| name("name", &text)).transpose()?;
    let change = CategoryChange { name: new_name, names, position, parent_id };
    cx.get::<CatalogDb>().await?.change_category(cx.tenant()?, id.0, &change, &Stamp::of(&cx)?).await
}
