//! Bulk edits as the API takes them.

use db_catalog::Selection;
use product::Edit;
use serde::Deserialize;
use utoipa::ToSchema;

/// Edits of many products.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkEdit {
    /// Which products.
    pub selection: Selection,
    /// What is done to each, in this order; at most 50.
    pub edits: Vec<Edit>,
}
