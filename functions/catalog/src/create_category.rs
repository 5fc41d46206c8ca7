//! `POST /v1/categories`

use std::collections::BTreeMap;

use db_catalog::{CatalogDb, Category};
use db_tenancy::Stamp;
use product::LOCALES;
use runtime::{Body, Created, Cx, Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::input::name;

/// A category that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// Its name.
    pub name: String,
    /// Its names in other languages, by locale.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// The category above it; the root unless said.
    #[serde(default)]
    pub parent_id: Option<Uuid>,
    /// Its place among its siblings.
    #[serde(default)]
    pub position: i32,
}

/// 422 unless every name is one and in a language that we know.
pub(crate) fn check_names(names: &BTreeMap<String, String>) -> Result<()> {
    for (locale, text) in names {
        if !LOCALES.contains(&locale.as_str()) {
            return Err(Error::invalid(
                "names",
                "locale_unknown",
                format!("expected one of {}, found \"{locale}\"", LOCALES.join(", ")),
            ));
        }
        name("names", text)?;
    }
    Ok(())
}

/// Makes a category.
pub async fn create_category(cx: Cx, input: Body<NewCategory>) -> Result<Created<Category>> {
    let input = input.0;
    check_names(&input.names)?;
    let (db, name) = (cx.get::<CatalogDb>().await?, name("name", &input.name)?);
    db.create_category(cx.tenant()?, input.parent_id, &name, (&input.names, input.position), &Stamp::of(&cx)?)
        .await
        .map(Created)
}
