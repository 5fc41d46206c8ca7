//! `POST /v1/catalog/jobs/{id}/undo`

use db_catalog::{CatalogJob, Work};
use runtime::{Accepted, Cx, IdempotencyKey, Path, Result};

use crate::jobs::background;

/// Undoes a job field by field, where nothing changed the field since.
pub async fn undo_job(cx: Cx, id: Path) -> Result<Accepted<CatalogJob>> {
    background::begin(&cx, &Work::Undo(id.0), &IdempotencyKey::default()).await.map(Accepted)
}
