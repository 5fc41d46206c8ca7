//! The history of jobs, and the events to be published about them (outbox).

use db_tenancy::{TenantTx, begin, error};
use runtime::{Result, TenantId};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ImportsDb;

/// One entry of a job's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobEvent {
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What happened, as a code.
    pub event: String,
    /// What happened, for people.
    pub detail: Option<String>,
}

/// An event to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEvent {
    /// Its id, by which receivers recognise it: `event_id` in the detail.
    pub id: Uuid,
    /// Its kind, such as `ImportCompleted`.
    pub kind: String,
    /// Its content, JSON.
    pub detail: String,
}

/// How long an event stays claimed: until then it must be published.
const CLAIM: Duration = Duration::minutes(1);

/// How many times the publishing of an event is tried. Then it stays in the outbox, and does not block others. The SQL
/// function of the sweeper has the same number.
const MAX_TRIES: i32 = 20;

impl ImportsDb {
    /// Adds an entry to the history of a job.
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

    /// Lists the history of a job, the oldest entry first; at most the last 200 entries.
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

    /// Claims the events to be published now, at most 100, and returns them, the oldest first. No other caller gets
    /// them for a minute. An event that is not marked by then ([`ImportsDb::mark_published`]) is returned again, up to
    /// 20 times.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim_events(&self, tenant: TenantId, now: OffsetDateTime) -> Result<Vec<OutboxEvent>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let mut events = sqlx::query_as!(
            OutboxEvent,
            "update outbox set claimed_until = $3, tries = tries + 1
             where tenant_id = $1 and event_id in (
                select event_id from outbox
                where tenant_id = $1 and published_at is null and tries < $4
                  and (claimed_until is null or claimed_until <= $2)
                order by event_id limit 100 for update skip locked)
             returning event_id as id, kind, detail::text as \"detail!\"",
            tenant.0,
            now,
            now + CLAIM,
            MAX_TRIES
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)?;
        events.sort_by_key(|event| event.id);
        Ok(events)
    }

    /// Notes that events are published.
    ///
    /// # Errors
    /// When the database does not answer. Then the events are published twice; receivers recognise them by their id.
    pub async fn mark_published(&self, tenant: TenantId, events: &[Uuid], now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update outbox set published_at = $3 where tenant_id = $1 and event_id = any($2)",
            tenant.0,
            events,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Lists the tenants with unpublished events from before `older_than`.
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
    publish_once(tx, tenant, Uuid::now_v7(), kind, detail, now).await
}

/// Puts an event into the outbox, unless it already has an event with this id.
pub(crate) async fn publish_once(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Uuid,
    kind: &str,
    mut detail: Json<Value>,
    now: OffsetDateTime,
) -> Result<()> {
    // Receivers recognise by this id an event that is published twice.
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
