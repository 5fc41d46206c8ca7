//! `POST /v1/products/bulk-edit/preview`

use db_catalog::{CatalogDb, EditPreview};
use runtime::{Body, Cx, Result};

use crate::jobs::input::BulkEdit;

/// How many products the preview shows.
const SAMPLE: i64 = 20;

/// Previews edits: returns how many products they change, and the first 20 before and after. Nothing is written.
pub async fn preview_bulk_edit(cx: Cx, input: Body<BulkEdit>) -> Result<EditPreview> {
    let BulkEdit { selection, edits } = input.0;
    let db = cx.get::<CatalogDb>().await?;
    Ok(db.preview_edit(cx.tenant()?, &selection, &edits, SAMPLE).await?.in_only(cx.language))
}
