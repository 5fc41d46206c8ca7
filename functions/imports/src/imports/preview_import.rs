//! `POST /v1/imports/{id}/preview`

use db_imports::{ImportJob, Run};
use runtime::{Accepted, Body, Cx, Path, Result};

use crate::imports::choices::Choices;
use crate::imports::restart::read_again;

/// Previews an import: finds out what every row would do, and stops there. The import must be uploaded, previewed, held
/// or failed.
pub async fn preview_import(cx: Cx, id: Path, input: Body<Choices>) -> Result<Accepted<ImportJob>> {
    read_again(&cx, id, input.0, Run::Preview).await.map(Accepted)
}
