//! `POST /v1/products/bulk-edit`

use db_catalog::{CatalogJob, Work};
use runtime::{Accepted, Body, Cx, IdempotencyKey, Result};

use crate::jobs::background;
use crate::jobs::input::BulkEdit;

/// Edits many products: up to 1,000 within the request, more in the background.
pub async fn bulk_edit(cx: Cx, input: Body<BulkEdit>, key: IdempotencyKey) -> Result<Accepted<CatalogJob>> {
    let BulkEdit { selection, edits } = input.0;
    background::begin(&cx, &Work::Edit(selection, edits), &key).await.map(Accepted)
}
