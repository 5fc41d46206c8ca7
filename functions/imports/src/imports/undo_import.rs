//! `POST /v1/imports/{id}/undo`

use cloud::{Outgoing, Queues};
use db_catalog::{CatalogDb, CatalogJob};
use db_imports::{ImportStatus, ImportsDb};
use db_tenancy::Stamp;
use runtime::{Accepted, Cx, Error, Path, Result};
use serde_json::json;

/// Undoes an import, also days later. A field is restored only if the import was the last to write it. The returned job
/// counts products that were restored (`changed`), fields that stay because they were edited since (`kept`, listed in
/// `problems` as `edited_since`), and products that could not be restored (`failed`).
pub async fn undo_import(cx: Cx, id: Path) -> Result<Accepted<CatalogJob>> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let import = db.import(tenant, id.0).await?;
    let ended = matches!(
        import.status,
        ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Failed | ImportStatus::Cancelled
    );
    if !ended {
        let message = messages::imports::import_running(import.status.label());
        return Err(Error::Conflict { code: "import_running", message });
    }
    let job = cx.get::<CatalogDb>().await?.begin_import_undo(tenant, id.0, &Stamp::of(&cx)?).await?;
    db.note_undo(tenant, id.0, job.id, cx.now).await?;
    let message = Outgoing::json(&json!({ "tenant_id": tenant, "job_id": job.id }), tenant)?;
    cx.get::<Queues>().await?.send("catalog-bulk-jobs", vec![message]).await?;
    Ok(Accepted(job))
}
