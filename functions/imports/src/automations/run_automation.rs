//! SQS `automation-runs`

use std::time::Duration;

use db_suppliers::{Automation, AutomationState, RunEnd, SuppliersDb};
use runtime::{Cx, Error, Result, TenantId, log_error};
use uuid::Uuid;

use crate::automations::automation::{Source, choices, secrets};
use crate::automations::fetch::{NotFetched, fetch, sentence, tidy};
use crate::automations::runs::{RunMessage, end, import_files};

/// A look may take so long, all its pages and files together, and tidying up afterwards: less than the function's timeout.
const PATIENCE: Duration = Duration::from_secs(200);
const TIDYING: Duration = Duration::from_secs(60);
/// After so many deliveries a look is given up. The queue's own limit.
const MAX_ATTEMPTS: u32 = 3;

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
    let looked = poll(&cx, tenant, &automation, run, &mut state).await;
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
                message: &sentence(error),
                imports: &[],
                state: Some((&known, &automation.source)),
            }
        }
    };
    end(&cx, tenant, &automation, run, &ended).await
}

async fn poll(
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
