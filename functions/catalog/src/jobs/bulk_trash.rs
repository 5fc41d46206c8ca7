//! `POST /v1/products/bulk-trash`

use db_catalog::{CatalogJob, Selection, Work};
use runtime::{Accepted, Body, Cx, IdempotencyKey, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::jobs::background;

/// The products to move.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkTrash {
    /// Which products.
    pub selection: Selection,
}

/// Moves many products into the trash.
pub async fn bulk_trash(cx: Cx, input: Body<BulkTrash>, key: IdempotencyKey) -> Result<Accepted<CatalogJob>> {
    background::begin(&cx, &Work::Trash(input.0.selection), &key).await.map(Accepted)
}
