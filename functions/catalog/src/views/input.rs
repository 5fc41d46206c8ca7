//! Saved views as the API takes them.

use db_catalog::ProductQuery;
use serde::Deserialize;
use utoipa::ToSchema;

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
