//! `POST /v1/products/bulk-edit/preview`

use db_catalog::{CatalogDb, EditPreview};
use runtime::{Body, Cx, Result};

use crate::jobs::input::BulkEdit;

/// So many products are shown.
const SAMPLE: i64 = 20;

/// What edits would do: how many products, and the first 20 of them before and after. Nothing is written.
pub async fn preview_bulk_edit(cx: Cx, input: Body<BulkEdit>) -> Result<EditPreview> {
    let BulkEdit { selection, edits } = input.0;
    cx.get::<CatalogDb>().await?.preview_edit(cx.tenant()?, &selection, &edits, SAMPLE).await
}
