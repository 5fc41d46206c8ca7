//! `POST /v1/products/bulk-edit`

use db_catalog::{CatalogJob, Selection, Work};
use product::Edit;
use runtime::{Accepted, Body, Cx, IdempotencyKey, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::background;

/// Edits of many products.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkEdit {
    /// Which products.
    pub selection: Selection,
    /// What is done to each, in this order; at most 50.
    pub edits: Vec<Edit>,
}

/// Edits many products: up to 1,000 at once, more in the background.
pub async fn bulk_edit(cx: Cx, input: Body<BulkEdit>, key: IdempotencyKey) -> Result<Accepted<CatalogJob>> {
    let BulkEdit { selection, edits } = input.0;
    background::begin(&cx, &Work::Edit(selection, edits), &key).await.map(Accepted)
}
