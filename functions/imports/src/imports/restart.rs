//! Reads the file of an import again, with other choices.

use db_imports::{ImportJob, ImportsDb, Restart, Run};
use db_tenancy::Stamp;
use runtime::{Cx, Path, Result};
use time::Duration;

use crate::imports::choices::Choices;
use crate::pipeline::messages::send_file;

/// Reads an import's file again with new choices. Choices that are not given stay as they were.
pub(crate) async fn read_again(cx: &Cx, id: Path, choices: Choices, run: Run) -> Result<ImportJob> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let import = db.import(tenant, id.0).await?;
    let choices = choices.over(Choices::of(import.mode, &import.options));
    let (mode, options) = choices.options(cx, tenant, import.supplier_id).await?;
    let started = db.restart(tenant, id.0, &Restart { run, mode, options }, &Stamp::of(cx)?).await?;
    send_file(cx, tenant, &started, 0).await?;
    Ok(started)
}

/// How long a preview is kept. An import can be applied until one day before.
pub(crate) const PREVIEWS: Duration = Duration::days(30);
