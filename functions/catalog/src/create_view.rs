//! `POST /v1/views`

use db_catalog::{CatalogDb, ProductQuery, SavedView};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::input::name;

/// A view that is to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewView {
    /// Its name.
    pub name: String,
    /// Whether everybody in the organisation sees it.
    #[serde(default)]
    pub shared: bool,
    /// What it shows.
    pub query: ProductQuery,
}

/// Keeps a query for another time.
pub async fn create_view(cx: Cx, input: Body<NewView>) -> Result<Created<SavedView>> {
    let (input, db) = (input.0, cx.get::<CatalogDb>().await?);
    let name = name("name", &input.name)?;
    db.save_view(cx.tenant()?, None, (&name, input.shared), &input.query, &Stamp::of(&cx)?).await.map(Created)
}
