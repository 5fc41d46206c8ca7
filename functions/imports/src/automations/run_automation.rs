//! SQS `imports-automation-runs`: runs an automation.

use std::time::Duration;

use db_suppliers::{Automation, AutomationState, RunEnd, SuppliersDb};
use messages::{Text, imports as say};
use runtime::{Cx, Error, Result, TenantId, log_error};
use uuid::Uuid;

use crate::automations::automation::{Source, choices, language_of, secrets};
use crate::automations::fetch::{NotFetched, fetch, sentence, tidy};
use crate::automations::runs::{RunMessage, end, import_files};

/// How long a run may fetch files, all pages and files together, and how long it may tidy up afterwards. Together less
/// than the function's timeout.
const PATIENCE: Duration = Duration::from_secs(200);
const TIDYING: Duration = Duration::from_secs(60);
/// After this many deliveries a run is given up. The queue has the same limit.
const MAX_ATTEMPTS: u32 = 3;

/// Runs an automation: fetches its files, and imports the new ones. A repeated delivery creates no import twice; after
/// the run has ended, it does nothing.
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
        tracing::info!(%id, "another run is under way, or this one has ended");
        return Ok(());
    }
    let mut state = automation.state.0.clone();
    let result = poll(&cx, tenant, &automation, run, &mut state).await;
    // Files that were not imported must be found again, so only the server's key is remembered.
    let known = AutomationState { host_key: state.host_key.clone(), ..automation.state.0.clone() };
    // English if the organisation's language cannot be read now.
    let language = language_of(&cx, tenant, &automation).await.unwrap_or_default();
    let ended = match &result {
        Ok((imports, message)) if imports.is_empty() => RunEnd {
            status: "nothing_new",
            failed: Some(false),
            message: message.shown(language),
            imports,
            state: Some((&state, &automation.source)),
        },
        // Whether the run succeeded is known when its imports end.
        Ok((imports, message)) => {
            let (message, state) = (message.shown(language), Some((&state, &automation.source)));
            RunEnd { status: "imported", failed: None, message, imports, state }
        }
        // A fault on our side is not a failure of the automation, until the last try.
        Err(Error::Internal(_) | Error::Unavailable(_)) if cx.attempt < MAX_ATTEMPTS => return result.map(|_| ()),
        Err(error) => {
            log_error(error, &id.to_string());
            RunEnd {
                status: "failed",
                failed: Some(true),
                message: &sentence(error, language),
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
) -> Result<(Vec<Uuid>, Text)> {
    let source: Source = serde_json::from_value(automation.source.clone()).map_err(Error::internal)?;
    let secrets = secrets(cx, tenant, automation).await?;
    let (_, options) = choices(automation)?.options(cx, tenant, Some(automation.supplier_id)).await?;
    let fetching = tokio::time::timeout(PATIENCE, fetch(cx, &source, &secrets, state, options.limits.bytes));
    let late = || NotFetched(say::files_late(PATIENCE.as_secs()));
    let found = fetching.await.unwrap_or_else(|_| Ok(Err(late())))?;
    let found = found.map_err(|reason| Error::Conflict { code: "not_fetched", message: reason.0 })?;
    if found.is_empty() {
        return Ok((Vec::new(), say::nothing_new()));
    }
    let names: Vec<String> = found.iter().map(|file| file.name.clone()).collect();
    let imports = import_files(cx, tenant, automation, run, found).await?;
    let listed = names.join(", ");
    let mut message = if imports.is_empty() { say::same_content(listed) } else { Text::verbatim(listed) };
    let tidied = tokio::time::timeout(TIDYING, tidy(cx, &source, &secrets, state, &names)).await;
    let late = || NotFetched(say::took_too_long(TIDYING.as_secs()));
    if let Err(reason) = tidied.unwrap_or_else(|_| Err(late())) {
        message = say::not_tidied(message, reason.0);
    }
    Ok((imports, message))
}
