//! The deliveries of events to webhooks, and the result of each attempt.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use runtime::{Cursor, Page, Result, TenantId};
use serde::Serialize;
use serde_json::json;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::notices::notifications::store_notice;
use crate::{CoreDb, MailWish, NewNotice};

/// The delivery of one event to one webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookDelivery {
    /// Its id.
    pub id: Uuid,
    /// The id of the message, the same in the header `webhook-id` of every attempt.
    pub message_id: Uuid,
    /// The event.
    pub event: String,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// How many attempts were made.
    pub attempts: i32,
    /// When the next attempt is made.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_at: Option<OffsetDateTime>,
    /// The HTTP status of the server's last answer.
    pub answer: Option<i32>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// How long the server took, in milliseconds.
    pub took_ms: Option<i32>,
    /// When the event happened.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was delivered or given up.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
}

/// A delivery that is due.
pub struct DueDelivery {
    /// The id of the webhook.
    pub webhook: Uuid,
    /// The address.
    pub url: String,
    /// The encrypted secret.
    pub secret: Vec<u8>,
    /// The previous secret, encrypted, while messages are signed with both.
    pub previous: Option<Vec<u8>>,
    /// The id of the message.
    pub message_id: Uuid,
    /// The body of the request.
    pub body: String,
    /// The number of this attempt, from 1.
    pub attempt: i32,
}

/// Which deliveries are sent again.
pub enum Replay<'r> {
    /// The deliveries with these ids.
    These(&'r [Uuid]),
    /// The deliveries that failed and were created at or after this time.
    FailedSince(OffsetDateTime),
}

/// The result of an attempt.
pub struct DeliveryAttempt<'t> {
    /// The HTTP status of the answer.
    pub answer: Option<u16>,
    /// Why it failed.
    pub error: Option<&'t str>,
    /// How long it took, in milliseconds.
    pub took_ms: i32,
    /// When the next attempt is made; `None` ends the delivery.
    pub again_at: Option<OffsetDateTime>,
}

/// After this time an attempt without a result is repeated.
const LEASE: Duration = Duration::minutes(2);
/// A webhook is switched off when all its deliveries have failed for this time.
const FAILING: Duration = Duration::days(3);

impl CoreDb {
    /// Makes deliveries that have ended pending again, at most 1,000; returns their ids, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn replay_deliveries(
        &self,
        tenant: TenantId,
        webhook: Uuid,
        which: &Replay<'_>,
        stamp: &Stamp,
    ) -> Result<Vec<Uuid>> {
        let (ids, since) = match which {
            Replay::These(ids) => (Some(*ids), None),
            Replay::FailedSince(since) => (None, Some(*since)),
        };
        let mut tx = begin(&self.pool, tenant).await?;
        let again = sqlx::query_scalar!(
            "update webhook_deliveries set status = 'pending', attempts = 0, next_at = $5, ended_at = null, error = null
             where tenant_id = $1 and delivery_id in (
                 select delivery_id from webhook_deliveries
                 where tenant_id = $1 and webhook_id = $2 and status <> 'pending'
                   and (delivery_id = any($3) or status = 'failed' and created_at >= $4)
                 order by delivery_id limit 1000 for update skip locked)
             returning delivery_id",
            tenant.0,
            webhook,
            ids,
            since,
            stamp.at
        );
        let mut again = again.fetch_all(&mut *tx).await.map_err(error)?;
        again.sort_unstable();
        let summary = json!({ "deliveries": again.len() });
        record_change(&mut tx, tenant, stamp, Change::new("webhook.replayed", webhook).to(summary)).await?;
        tx.commit().await.map_err(error)?;
        Ok(again)
    }

    /// Stores a delivery of an event for every active webhook that gets this event. With `only`, for this webhook,
    /// whatever events it gets. `body` returns the body of the request to a webhook. Returns the pending deliveries of
    /// the message, including those that were stored before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_deliveries(
        &self,
        tenant: TenantId,
        message: Uuid,
        event: &str,
        only: Option<Uuid>,
        body: impl Fn(Uuid) -> String,
        now: OffsetDateTime,
    ) -> Result<Vec<Uuid>> {
        let webhooks = self.webhooks(tenant).await?.into_iter().filter(|webhook| match only {
            Some(id) => webhook.id == id,
            None => webhook.active && webhook.events.iter().any(|wanted| wanted == event),
        });
        let (ids, bodies): (Vec<Uuid>, Vec<String>) = webhooks.map(|webhook| (webhook.id, body(webhook.id))).unzip();
        let deliveries: Vec<Uuid> = ids.iter().map(|_| Uuid::now_v7()).collect();
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into webhook_deliveries (tenant_id, delivery_id, webhook_id, message_id, event, body, status, next_at, created_at)
             select $1, d.id, d.webhook, $2, $3, d.body, 'pending', $4, $4
             from unnest($5::uuid[], $6::uuid[], $7::text[]) as d(id, webhook, body)
             on conflict on constraint webhook_deliveries_message_key do nothing",
            tenant.0,
            message,
            event,
            now,
            &deliveries,
            &ids,
            &bodies
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let pending = sqlx::query_scalar!(
            "select delivery_id from webhook_deliveries where tenant_id = $1 and message_id = $2 and status = 'pending'",
            tenant.0,
            message
        );
        let pending = pending.fetch_all(&mut *tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(pending)
    }

    /// Reserves a delivery that is due for one attempt. Returns `None` if it is not due, or if another process attempts
    /// it. A failure before the server was called does not count as an attempt.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_delivery(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<Option<DueDelivery>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let due = sqlx::query_as!(
            DueDelivery,
            "update webhook_deliveries d set next_at = $4
             from webhooks w
             where d.tenant_id = $1 and d.delivery_id = $2 and d.status = 'pending' and d.next_at <= $3
               and w.tenant_id = d.tenant_id and w.webhook_id = d.webhook_id and (w.active or d.event = 'test')
             returning d.webhook_id as webhook, w.url, w.secret,
                       case when w.previous_until > $3 then w.previous_secret end as previous, d.message_id, d.body, d.attempts + 1 as \"attempt!\"",
            tenant.0,
            id,
            now,
            now + LEASE
        );
        let due = due.fetch_optional(&mut *tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(due)
    }

    /// Records the result of an attempt. The webhook is switched off when the server answers 410, or when this delivery
    /// is given up and every delivery failed for [`FAILING`]; test deliveries count only for the first. Returns the
    /// members who should get a mail about it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_try(
        &self,
        tenant: TenantId,
        delivery: Uuid,
        webhook: Uuid,
        attempt: &DeliveryAttempt<'_>,
        notice: &NewNotice,
        usual: impl Fn(&str) -> MailWish,
        stamp: &Stamp,
    ) -> Result<Vec<Uuid>> {
        let now = stamp.at;
        let (failed, gone) = (attempt.error.is_some(), attempt.answer == Some(410));
        let status = match (failed, attempt.again_at) {
            (false, _) => "delivered",
            (true, None) => "failed",
            (true, Some(_)) => "pending",
        };
        let mut tx = begin(&self.pool, tenant).await?;
        // Locks the webhook before its deliveries, in the same order as a change that switches it off.
        let locked =
            sqlx::query!("select from webhooks where tenant_id = $1 and webhook_id = $2 for update", tenant.0, webhook);
        locked.fetch_optional(&mut *tx).await.map_err(error)?;
        let event = sqlx::query_scalar!(
            "update webhook_deliveries set status = $3, answer = $4, error = $5, took_ms = $6, next_at = coalesce($7, next_at),
                    attempts = attempts + 1, ended_at = case when $3 = 'pending' then null else $8::timestamptz end
             where tenant_id = $1 and delivery_id = $2 and status = 'pending' returning event",
            tenant.0,
            delivery,
            status,
            attempt.answer.map(i32::from),
            attempt.error,
            attempt.took_ms,
            attempt.again_at,
            now
        );
        // If the delivery was given up meanwhile, its result says nothing about the webhook.
        let Some(event) = event.fetch_optional(&mut *tx).await.map_err(error)? else { return Ok(Vec::new()) };
        if event == "test" && !gone {
            tx.commit().await.map_err(error)?;
            return Ok(Vec::new());
        }
        sqlx::query!(
            "update webhooks set failing_since = case when $3 then coalesce(failing_since, $4) end
             where tenant_id = $1 and webhook_id = $2",
            tenant.0,
            webhook,
            failed,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let disabled = sqlx::query_scalar!(
            "update webhooks set active = false, disabled_at = $3
             where tenant_id = $1 and webhook_id = $2 and active and ($4 or $5 and failing_since <= $6) returning url",
            tenant.0,
            webhook,
            now,
            gone,
            status == "failed",
            now - FAILING
        );
        let mut recipients = Vec::new();
        if let Some(url) = disabled.fetch_optional(&mut *tx).await.map_err(error)? {
            drop_pending(&mut tx, tenant, webhook, now).await?;
            recipients = store_notice(&mut tx, tenant, notice, usual, now).await?;
            let change = Change::new("webhook.disabled", webhook).to(json!({ "url": url, "answer": attempt.answer }));
            record_change(&mut tx, tenant, stamp, change).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(recipients)
    }

    /// Returns the deliveries that are due, of every organisation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due_deliveries(&self, now: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let due = sqlx::query!(
            r#"select tenant_id as "tenant!", delivery_id as "delivery!" from due_webhook_deliveries($1, $2)"#,
            now,
            most
        );
        let due = due.fetch_all(&self.pool).await.map_err(error)?;
        Ok(due.into_iter().map(|row| (TenantId(row.tenant), row.delivery)).collect())
    }

    /// Returns the deliveries of a webhook, the newest first.
    ///
    /// # Errors
    /// 404 when the webhook does not exist.
    pub async fn deliveries(
        &self,
        tenant: TenantId,
        webhook: Uuid,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<WebhookDelivery>> {
        self.webhook(tenant, webhook).await?;
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            WebhookDelivery,
            r#"select delivery_id as id, message_id, event, status, attempts,
                      case when status = 'pending' then next_at end as next_at, answer, error, took_ms, created_at, ended_at
               from webhook_deliveries
               where tenant_id = $1 and webhook_id = $2 and ($3::uuid is null or delivery_id < $3)
               order by delivery_id desc limit $4"#,
            tenant.0,
            webhook,
            before,
            limit + 1
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(found, limit, |delivery| Cursor::Id(delivery.id)))
    }
}

/// Gives up the pending deliveries of a webhook that is switched off, except test deliveries.
pub(crate) async fn drop_pending(
    tx: &mut TenantTx,
    tenant: TenantId,
    webhook: Uuid,
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update webhook_deliveries set status = 'failed', ended_at = $3, error = 'the webhook was switched off'
         where tenant_id = $1 and webhook_id = $2 and status = 'pending' and event <> 'test'",
        tenant.0,
        webhook,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}
