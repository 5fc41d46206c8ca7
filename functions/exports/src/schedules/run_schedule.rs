//! `POST /v1/export-schedules/{id}/run`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Accepted, Cx, IdempotencyKey, Path, Result};
use uuid::Uuid;

use crate::exports::view::{ExportView, view};
use crate::schedules::begin::begin_export;

/// Runs a schedule now. Its next due time stays unchanged.
pub async fn run_schedule(cx: Cx, id: Path, key: IdempotencyKey) -> Result<Accepted<ExportView>> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let schedule = db.export_schedule(tenant, id.0).await?;
    // The prefix keeps these keys apart from those of exports by hand.
    let key = format!("run {} {}", id.0, key.key.unwrap_or_else(|| Uuid::now_v7().to_string()));
    let job = begin_export(&cx, &db, tenant, &schedule, key, true, &Stamp::of(&cx)?).await?;
    view(&cx, tenant, job).await.map(Accepted)
}
