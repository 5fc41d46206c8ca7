//! `POST /v1/automations/{id}/run`

use cloud::{Outgoing, Queues};
use db_suppliers::SuppliersDb;
use runtime::{Accepted, Cx, Error, Path, Result};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::automations::runs::RunMessage;

/// A run that was started.
#[derive(Serialize, ToSchema)]
pub struct StartedRun {
    /// The id of the run in the list of the automation's runs.
    run_id: Uuid,
}

/// Starts a run of an automation now, even if it is paused.
pub async fn start_automation(cx: Cx, id: Path) -> Result<Accepted<StartedRun>> {
    let tenant = cx.tenant()?;
    let automation = cx.get::<SuppliersDb>().await?.automation(tenant, id.0).await?;
    if matches!(automation.kind.as_str(), "email" | "drop") {
        return Err(Error::Conflict { code: "nothing_to_fetch", message: messages::imports::nothing_to_fetch() });
    }
    let run_id = Uuid::now_v7();
    let message = RunMessage { tenant_id: tenant, automation_id: id.0, run_id, cause: "by_hand".to_owned() };
    cx.get::<Queues>().await?.send("imports-automation-runs", vec![Outgoing::json(&message, tenant)?]).await?;
    Ok(Accepted(StartedRun { run_id }))
}
