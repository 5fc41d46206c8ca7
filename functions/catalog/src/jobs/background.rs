//! Jobs on many products: small ones run within the request, large ones go to the queue.

use cloud::{Outgoing, Queues};
use db_catalog::{CatalogDb, CatalogJob, Work};
use runtime::{Cx, IdempotencyKey, Result, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::products::input::origin;

/// The most products of a job that runs within the request.
const AT_ONCE: i64 = 1_000;

/// The message of the queue: a job to work on.
#[derive(Debug, Serialize, Deserialize)]
pub struct JobMessage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// The job.
    pub job_id: Uuid,
}

/// Starts a job. A small one is done when this returns.
pub(crate) async fn begin(cx: &Cx, work: &Work, key: &IdempotencyKey) -> Result<CatalogJob> {
    let (tenant, db) = (cx.tenant()?, cx.get::<CatalogDb>().await?);
    let (_, stamp) = origin(cx)?;
    let job = db.begin_job(tenant, work, key.key.as_deref(), &stamp).await?;
    if job.status != "running" {
        return Ok(job);
    }
    if job.total > AT_ONCE {
        send(cx, tenant, job.id).await?;
        return Ok(job);
    }
    while db.job_step(tenant, job.id, time::OffsetDateTime::now_utc()).await? {}
    db.catalog_job(tenant, job.id).await
}

/// Sends a job to the queue.
pub(crate) async fn send(cx: &Cx, tenant: TenantId, job: Uuid) -> Result<()> {
    let message = Outgoing::json(&JobMessage { tenant_id: tenant, job_id: job }, tenant)?;
    cx.get::<Queues>().await?.send("catalog-bulk-jobs", vec![message]).await
}
