//! Runs of automations: their imports, and how they end.

use cloud::Objects;
use db_imports::{ImportJob, ImportStatus, ImportsDb, NewImport, Run};
use db_suppliers::{Automation, RunEnd, SuppliersDb};
use db_tenancy::Stamp;
use messages::Text;
use runtime::{Cx, Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::automations::automation::choices;
use crate::automations::fetch::Found;
use crate::imports::upload::object_name;
use crate::pipeline::messages::time_now;

/// A message that starts a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The automation.
    pub automation_id: Uuid,
    /// The id of the run, the same at each delivery.
    pub run_id: Uuid,
    /// `schedule` or `by_hand`.
    pub cause: String,
}

/// Ends a run. If the automation is paused because of it, that is announced.
pub(crate) async fn end(cx: &Cx, tenant: TenantId, automation: &Automation, run: Uuid, end: &RunEnd<'_>) -> Result<()> {
    let db = cx.get::<SuppliersDb>().await?;
    if db.end_automation_run(tenant, automation.id, run, end, time_now()).await? {
        announce_pause(cx, tenant, automation.id).await?;
    }
    Ok(())
}

/// Counts the result of an import for the automation that started it. If the automation is paused because of it, that
/// is announced.
pub(crate) async fn count_import(cx: &Cx, tenant: TenantId, import: &ImportJob) -> Result<()> {
    let Some(id) = import.automation_id else { return Ok(()) };
    let failed = (import.status == ImportStatus::Failed).then(|| import.message.as_deref().unwrap_or_default());
    let db = cx.get::<SuppliersDb>().await?;
    if db.count_import(tenant, id, failed, time_now()).await? {
        announce_pause(cx, tenant, id).await?;
    }
    Ok(())
}

/// Ends an import that cannot continue, if it still has the status of `import`, and counts that for its automation. The
/// message is stored in the import's language.
pub(crate) async fn fail(
    cx: &Cx,
    tenant: TenantId,
    import: &ImportJob,
    code: &str,
    message: Text,
    now: OffsetDateTime,
) -> Result<()> {
    let (db, message) = (cx.get::<ImportsDb>().await?, message.into_string(import.options.language));
    match db.fail_import(tenant, import.id, import.status, code, &message, now).await? {
        Some(ended) => count_import(cx, tenant, &ended).await,
        None => Ok(()),
    }
}

/// Announces that an automation is paused. A second call announces nothing. If the process dies before, the next tick
/// announces it.
pub(crate) async fn announce_pause(cx: &Cx, tenant: TenantId, id: Uuid) -> Result<()> {
    let (imports, db) = (cx.get::<ImportsDb>().await?, cx.get::<SuppliersDb>().await?);
    let automation = db.automation(tenant, id).await?;
    let Some(paused_at) = automation.paused_at else { return Ok(()) };
    tracing::warn!(%id, "an automation pauses after failures in a row");
    let event = run_of(&format!("pause {id} {paused_at}"));
    let because = automation.paused_because.as_deref().unwrap_or_default();
    imports.announce_pause(tenant, event, id, &automation.name, because, time_now()).await?;
    crate::pipeline::messages::publish_events(cx, &imports, tenant).await?;
    db.pause_announced(tenant, id, paused_at).await
}

/// The id of the run for a cause; the same cause always has the same id.
pub(crate) fn run_of(cause: &str) -> Uuid {
    let digest = Sha256::digest(cause.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Creates an import for each file whose content is new. An import that this run already created is returned again.
/// Returns the ids of the imports.
///
/// # Errors
/// When a choice of the automation cannot be used any more, or a service does not answer.
pub(crate) async fn import_files(
    cx: &Cx,
    tenant: TenantId,
    automation: &Automation,
    run: Uuid,
    files: Vec<Found>,
) -> Result<Vec<Uuid>> {
    let (db, objects) = (cx.get::<ImportsDb>().await?, cx.get::<Objects>().await?);
    let stamp = Stamp::of_job(cx, &format!("automation {}", automation.name));
    let supplier = cx.get::<db_suppliers::SuppliersDb>().await?.supplier(tenant, automation.supplier_id).await?;
    let mut begun = Vec::new();
    for file in files {
        let hash: String = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let key = format!("{run}-{hash}");
        if automation.skip_unchanged && db.had_content(tenant, automation.id, &file.name, &hash, &key).await? {
            continue;
        }
        let (mode, options) = choices(automation)?.options(cx, tenant, Some(automation.supplier_id)).await?;
        let id = Uuid::now_v7();
        let name: String = file.name.chars().filter(|c| !c.is_control()).take(200).collect();
        let new = NewImport {
            id,
            object_key: format!("uploads/{tenant}/{id}/{}", object_name(&name)),
            file_name: if name.trim().is_empty() { "file".to_owned() } else { name },
            size_bytes: i64::try_from(file.bytes.len().max(1)).map_err(Error::internal)?,
            supplier: Some((supplier.id, supplier.details.name.clone())),
            mode,
            options,
            run: if automation.run == "preview" { Run::Preview } else { Run::Apply },
            automation: Some(automation.id),
            idempotency_key: Some(key),
            request_hash: None,
        };
        let import = db.create_import(tenant, &new, &stamp).await?;
        if import.status == ImportStatus::AwaitingUpload {
            objects.write(&import.object_key, "application/octet-stream", file.bytes).await?;
        }
        begun.push(import.id);
    }
    Ok(begun)
}
