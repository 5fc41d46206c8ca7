//! `POST /v1/products/bulk-restore`

use db_catalog::{CatalogJob, Selection, Work};
use runtime::{Accepted, Body, Cx, IdempotencyKey, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::jobs::background;

/// The products to restore.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRestore {
    /// Which products.
    pub selection: Selection,
}

/// Restores many products from the trash. A query must have the condition that `trashed` is true.
pub async fn bulk_restore(cx: Cx, input: Body<BulkRestore>, key: IdempotencyKey) -> Result<Accepted<CatalogJob>> {
    background::begin(&cx, &Work::Restore(input.0.selection), &key).await.map(Accepted)
}
