//! The input of bulk edits.

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
    /// The edits of each product, in this order; at most 50.
    pub edits: Vec<Edit>,
}
