//! What happened to a job, and what is to be told to others about it.

use cloud::{Bus, BusEvent};
use db_tenancy::{TenantTx, begin, error};
use runtime::{Result, TenantId};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ImportsDb;

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobEvent {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What, as a code.
    pub event: String,
    /// What, for people.
    pub detail: Option<String>,
}

impl ImportsDb {
    /// Notes that something happened to a job.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_event(
        &self,
        tenant: TenantId,
        job: Uuid,
        event: &str,
        detail: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        note(&mut tx, tenant, job, event, detail, now).await?;
        tx.commit().await.map_err(error)
    }

    /// What happened to a job, the oldest first, at most the last 200.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn job_events(&self, tenant: TenantId, job: Uuid) -> Result<Vec<JobEvent>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let mut events = sqlx::query_as!(
            JobEvent,
            "select at, event, detail from job_events where tenant_id = $1 and job_id = $2 order by event_id desc limit 200",
            tenant.0,
            job
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
        events.reverse();
        Ok(events)
    }

    /// Publishes what is in the tenant's outbox, the oldest first. An event may be published twice, when the note that
    /// it was gets lost: receivers know it by its content.
    ///
    /// # Errors
    /// When the database or the bus does not answer.
    pub async fn publish_pending(&self, bus: &Bus, tenant: TenantId, now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let pending = sqlx::query!(
            "select event_id, kind, detail from outbox where tenant_id = $1 and published_at is null
             order by event_id limit 100 for update skip locked",
            tenant.0
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
        if pending.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = pending.iter().map(|event| event.event_id).collect();
        let events: Vec<BusEvent> =
            pending.into_iter().map(|event| BusEvent { kind: event.kind, detail: event.detail.to_string() }).collect();
        bus.publish(&events).await?;
        sqlx::query!(
            "update outbox set published_at = $3 where tenant_id = $1 and event_id = any($2)",
            tenant.0,
            &ids,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// The tenants that have events from before `older_than` that are not published.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tenants_with_unpublished_events(&self, older_than: OffsetDateTime) -> Result<Vec<TenantId>> {
        let tenants = sqlx::query_scalar!(
            "select tenant_id as \"id!\" from tenants_with_unpublished_events($1, 100)",
            older_than
        );
        Ok(tenants.fetch_all(&self.pool).await.map_err(error)?.into_iter().map(TenantId).collect())
    }
}

pub(crate) async fn note(
    tx: &mut TenantTx,
    tenant: TenantId,
    job: Uuid,
    event: &str,
    detail: Option<&str>,
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "insert into job_events (tenant_id, job_id, event_id, at, event, detail) values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        job,
        Uuid::now_v7(),
        now,
        event,
        detail
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}

pub(crate) async fn publish_later(
    tx: &mut TenantTx,
    tenant: TenantId,
    kind: &str,
    detail: Json<Value>,
    now: OffsetDateTime,
) -> Result<()> {
    publish_once(tx, tenant, (Uuid::now_v7(), kind), detail, now).await
}

/// Puts an event into the outbox, unless one with its id is there.
pub(crate) async fn publish_once(
    tx: &mut TenantTx,
    tenant: TenantId,
    (id, kind): (Uuid, &str),
    mut detail: Json<Value>,
    now: OffsetDateTime,
) -> Result<()> {
    // By it receivers know an event that is published twice.
    detail.0["event_id"] = json!(id);
    sqlx::query!(
        "insert into outbox (tenant_id, event_id, kind, detail, created_at) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        tenant.0,
        id,
        kind,
        detail as _,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}
