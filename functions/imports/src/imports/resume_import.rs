//! `POST /v1/imports/{id}/resume`

use db_imports::{ImportJob, ImportsDb};
use db_tenancy::Stamp;
use runtime::{Accepted, Cx, Error, Path, Result};

use crate::pipeline::messages::{send_batches, send_file};

/// Resumes an import that ended because of a fault on our side: the rows that could not be written are written, or the
/// file that could not be read is read again. Nothing is done twice.
pub async fn resume_import(cx: Cx, id: Path) -> Result<Accepted<ImportJob>> {
    let (tenant, stamp) = (cx.tenant()?, Stamp::of(&cx)?);
    let db = cx.get::<ImportsDb>().await?;
    let import = db.import(tenant, id.0).await?;
    if db.reopen_failed_batches(tenant, id.0, &stamp).await? > 0 {
        send_batches(&cx, &db, tenant, id.0).await?;
    } else if db.reopen_parsing(tenant, id.0, &stamp).await? {
        send_file(&cx, tenant, &import, 0).await?;
    } else {
        let message = messages::imports::nothing_to_resume();
        return Err(Error::Conflict { code: "nothing_to_resume", message });
    }
    Ok(Accepted(db.import(tenant, id.0).await?))
}
