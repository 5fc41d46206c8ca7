//! `POST /v1/catalog/jobs/{id}/cancel`

use db_catalog::{CatalogDb, CatalogJob};
use db_tenancy::Stamp;
use runtime::{Cx, Path, Result};

/// Stops a job. What it did so far stays, and can be undone.
pub async fn cancel_job(cx: Cx, id: Path) -> Result<CatalogJob> {
    cx.get::<CatalogDb>().await?.cancel_job(cx.tenant()?, id.0, &Stamp::of(&cx)?).await
}
