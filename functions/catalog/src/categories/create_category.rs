//! `POST /v1/categories`

use std::collections::BTreeMap;

use db_catalog::{CatalogDb, Category};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::categories::input::check_names;
use crate::products::input::name;

/// A category to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// Its name.
    pub name: String,
    /// Its names in other languages, by locale.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// The category above it. Default: the root.
    #[serde(default)]
    pub parent_id: Option<Uuid>,
    /// Its place among its siblings.
    #[serde(default)]
    pub position: i32,
}

/// Creates a category.
pub async fn create_category(cx: Cx, input: Body<NewCategory>) -> Result<Created<Category>> {
    let input = input.0;
    check_names(&input.names)?;
    let (db, name) = (cx.get::<CatalogDb>().await?, name("name", &input.name)?);
    db.create_category(cx.tenant()?, input.parent_id, &name, &input.names, input.position, &Stamp::of(&cx)?)
        .await
        .map(Created)
}
