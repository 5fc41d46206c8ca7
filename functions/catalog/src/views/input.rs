//! The input of saved views.

use db_catalog::ProductQuery;
use serde::Deserialize;
use utoipa::ToSchema;

/// A view to save.
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
