//! SQS `automation-runs`

use std::time::Duration;

use cloud::Objects;
use db_imports::{ImportJob, ImportStatus, ImportsDb, NewImport, Run};
use db_suppliers::{Automation, AutomationState, RunEnd, SuppliersDb};
use db_tenancy::Stamp;
use runtime::{Cx, Error, Result, TenantId, log_error};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::automation::{Source, choices, secrets};
use crate::create_import::object_name;
use crate::fetching::{Found, NotFetched, fetch, tidy, told};
use crate::parse_file::time_now;

/// A look may take so long, all its pages and files together, and tidying up afterwards: less than the function's timeout.
const PATIENCE: Duration = Duration::from_secs(200);
const TIDYING: Duration = Duration::from_secs(60);
/// After so many deliveries a look is given up. The queue's own limit.
const MAX_ATTEMPTS: u32 = 3;

/// A look that is to be made.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The automation.
    pub automation_id: Uuid,
    /// The look, the same at each delivery.
    pub run_id: Uuid,
    /// `schedule` or `by_hand`.
    pub cause: String,
}

/// Looks where an automation's files lie, and imports what is new. Delivered again while it is under way, it begins no import
/// twice; when it has ended, it does nothing.
pub async fn run_automation(cx: Cx, message: RunMessage) -> Result<()> {
    let RunMessage { tenant_id: tenant, automation_id: id, run_id: run, cause } = message;
    let db = cx.get::<SuppliersDb>().await?;
    let automation = match db.automation(tenant, id).await {
        Err(Error::NotFound(_)) => return Ok(()),
        found => found?,
    };
    if !automation.enabled && cause != "by_hand" {
        return Ok(());
    }
    if !db.begin_automation_run(tenant, id, run, &cause, cx.now).await? {
        db.note_left_run(tenant, id, run, &cause, cx.now).await?;
        tracing::info!(%id, "another look is under way, or this one has ended");
        return Ok(());
    }
    let mut state = automation.state.0.clone();
    let looked = look(&cx, tenant, &automation, run, &mut state).await;
    // What was not taken must be found again; whom we met is known.
    let known = AutomationState { host_key: state.host_key.clone(), ..automation.state.0.clone() };
    let ended = match &looked {
        Ok((imports, message)) if imports.is_empty() => RunEnd {
            status: "nothing_new",
            failed: Some(false),
            message,
            imports,
            state: Some((&state, &automation.source)),
        },
        // Its imports say how they end.
        Ok((imports, message)) => {
            RunEnd { status: "imported", failed: None, message, imports, state: Some((&state, &automation.source)) }
        }
        // A fault of ours is no failure of the automation, until it was tried often enough.
        Err(Error::Internal(_) | Error::Unavailable(_)) if cx.attempt < MAX_ATTEMPTS => return looked.map(|_| ()),
        Err(error) => {
            log_error(error, &id.to_string());
            RunEnd {
                status: "failed",
                failed: Some(true),
                message: &told(error),
                imports: &[],
                state: Some((&known, &automation.source)),
            }
        }
    };
    end(&cx, tenant, &automation, run, &ended).await
}

/// Ends a look, and announces when the automation pauses because of it.
pub(crate) async fn end(cx: &Cx, tenant: TenantId, automation: &Automation, run: Uuid, end: &RunEnd<'_>) -> Result<()> {
    let db = cx.get::<SuppliersDb>().await?;
    if db.end_automation_run(tenant, automation.id, run, end, time_now()).await? {
        announce_pause(cx, tenant, automation.id).await?;
    }
    Ok(())
}

/// Counts how an import ended, if an automation began it, and announces when the automation pauses because of it.
pub(crate) async fn count_import(cx: &Cx, tenant: TenantId, import: &ImportJob) -> Result<()> {
    let Some(id) = import.automation_id else { return Ok(()) };
    let failed = (import.status == ImportStatus::Failed).then(|| import.message.as_deref().unwrap_or_default());
    let db = cx.get::<SuppliersDb>().await?;
    if db.count_import(tenant, id, failed, time_now()).await? {
        announce_pause(cx, tenant, id).await?;
    }
    Ok(())
}

/// Ends an import that cannot go on, if it still stands where the caller saw it, and counts that for its automation.
pub(crate) async fn fail(
    cx: &Cx,
    tenant: TenantId,
    import: Uuid,
    seen: ImportStatus,
    code: &str,
    message: &str,
    now: OffsetDateTime,
) -> Result<()> {
    match cx.get::<ImportsDb>().await?.fail_import(tenant, import, seen, code, message, now).await? {
        Some(ended) => count_import(cx, tenant, &ended).await,
        None => Ok(()),
    }
}

/// Announces that an automation pauses; told twice, it is announced once. Whoever dies before is followed by the next tick.
pub(crate) async fn announce_pause(cx: &Cx, tenant: TenantId, id: Uuid) -> Result<()> {
    let (imports, db) = (cx.get::<ImportsDb>().await?, cx.get::<SuppliersDb>().await?);
    let automation = db.automation(tenant, id).await?;
    let Some(paused_at) = automation.paused_at else { return Ok(()) };
    tracing::warn!(%id, "an automation pauses after failures in a row");
    let event = run_of(&format!("pause {id} {paused_at}"));
    let told = (automation.name.as_str(), automation.paused_because.as_deref().unwrap_or_default());
    imports.announce_pause(tenant, (event, id), told, time_now()).await?;
    crate::parse_file::publish(cx, &imports, tenant).await?;
    db.pause_announced(tenant, id, paused_at).await
}

async fn look(
    cx: &Cx,
    tenant: TenantId,
    automation: &Automation,
    run: Uuid,
    state: &mut db_suppliers::AutomationState,
) -> Result<(Vec<Uuid>, String)> {
    let source: Source = serde_json::from_value(automation.source.clone()).map_err(Error::internal)?;
    let secrets = secrets(cx, tenant, automation).await?;
    let (_, options) = choices(automation)?.options(cx, tenant, Some(automation.supplier_id)).await?;
    let fetching = tokio::time::timeout(PATIENCE, fetch(cx, &source, &secrets, state, options.limits.bytes));
    let late = |_| NotFetched(format!("the server is slow: expected the files within {} seconds", PATIENCE.as_secs()));
    let found = fetching.await.unwrap_or_else(|slow| Ok(Err(late(slow))))?;
    let found = found.map_err(|why| Error::Conflict { code: "not_fetched", message: why.0 })?;
    if found.is_empty() {
        return Ok((Vec::new(), "there is nothing new".to_owned()));
    }
    let names: Vec<String> = found.iter().map(|file| file.name.clone()).collect();
    let imports = import_files(cx, tenant, automation, run, found).await?;
    let mut message = names.join(", ");
    if imports.is_empty() {
        message = format!("{message}: had before, with the same content");
    }
    let tidied = tokio::time::timeout(TIDYING, tidy(cx, &source, &secrets, state, &names)).await;
    let late = || NotFetched(format!("it took more than {} seconds", TIDYING.as_secs()));
    if let Err(why) = tidied.unwrap_or_else(|_| Err(late())) {
        message = format!("{message}; the files could not be tidied up afterwards: {}", why.0);
    }
    Ok((imports, message))
}

/// The look that something leads to, the same each time that it is told.
pub(crate) fn run_of(cause: &str) -> Uuid {
    let digest = Sha256::digest(cause.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Begins an import for each file whose content is new; one that this look began before is given again.
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
        if automation.skip_unchanged && db.had_content(tenant, automation.id, (&file.name, &hash), &key).await? {
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
        };
        let import = db.create_import(tenant, &new, &stamp).await?;
        if import.status == ImportStatus::AwaitingUpload {
            objects.write(&import.object_key, "application/octet-stream", file.bytes).await?;
        }
        begun.push(import.id);
    }
    Ok(begun)
}
