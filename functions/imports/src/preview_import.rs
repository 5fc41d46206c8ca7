//! `POST /v1/imports/{id}/preview`

use db_imports::{ImportJob, ImportsDb, Restart, Run};
use db_tenancy::Stamp;
use runtime::{Accepted, Body, Cx, Path, Result};

use crate::choices::Choices;
use crate::messages::send_file;

/// Finds out what every row of an import would do, and stops there. The import must rest: uploaded, previewed, held or failed.
pub async fn preview_import(cx: Cx, id: Path, input: Body<Choices>) -> Result<Accepted<ImportJob>> {
    read_again(&cx, id, input.0, Run::Preview).await.map(Accepted)
}

/// Reads an import's file again with new choices; those that are not named stay.
pub(crate) async fn read_again(cx: &Cx, id: Path, choices: Choices, run: Run) -> Result<ImportJob> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let import = db.import(tenant, id.0).await?;
    let choices = choices.over(Choices::of(import.mode, &import.options));
    let (mode, options) = choices.options(cx, tenant, import.supplier_id).await?;
    let started = db.restart(tenant, id.0, &Restart { run, mode, options }, &Stamp::of(cx)?).await?;
    send_file(cx, tenant, &started).await?;
    Ok(started)
}
