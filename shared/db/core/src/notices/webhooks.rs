//! Webhooks: addresses of other systems that get the events.

use db_tenancy::{Change, Stamp, begin, error, record_change};
use messages::{identity as say, things};
use runtime::{Error, Result, TenantId};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CoreDb;
use crate::notices::webhook_deliveries::drop_pending;

/// A webhook: an address that gets events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// The address.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// The events that it gets.
    pub events: Vec<String>,
    /// Whether it gets events now.
    pub active: bool,
    /// Since when every delivery has failed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub failing_since: Option<OffsetDateTime>,
    /// When it was switched off because its deliveries failed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub disabled_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// The values of a webhook that its owner sets.
pub struct NewWebhook {
    /// The address.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// The events that it gets.
    pub events: Vec<String>,
    /// Whether it gets events now.
    pub active: bool,
}

/// The most webhooks of an organisation.
const MOST: i64 = 20;

impl CoreDb {
    /// Returns the webhooks, in the order in which they were created.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn webhooks(&self, tenant: TenantId) -> Result<Vec<Webhook>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            Webhook,
            "select webhook_id as id, url, description, events, active, failing_since, disabled_at, created_at from webhooks
             where tenant_id = $1 order by webhook_id",
            tenant.0
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Returns one webhook.
    ///
    /// # Errors
    /// 404 when the webhook does not exist.
    pub async fn webhook(&self, tenant: TenantId, id: Uuid) -> Result<Webhook> {
        let found = self.webhooks(tenant).await?.into_iter().find(|webhook| webhook.id == id);
        found.ok_or_else(|| Error::NotFound(things::webhook()))
    }

    /// Adds a webhook.
    ///
    /// # Errors
    /// 409 when the organisation has 20 webhooks.
    pub async fn add_webhook(
        &self,
        tenant: TenantId,
        id: Uuid,
        new: &NewWebhook,
        secret: &[u8],
        stamp: &Stamp,
    ) -> Result<Webhook> {
        let mut tx = begin(&self.pool, tenant).await?;
        let added = sqlx::query!(
            "insert into webhooks (tenant_id, webhook_id, url, description, events, secret, active, created_at)
             select $1, $2, $3, $4, $5, $6, $7, $8
             where (select count(*) from webhooks where tenant_id = $1) < $9",
            tenant.0,
            id,
            new.url,
            new.description,
            &new.events,
            secret,
            new.active,
            stamp.at,
            MOST
        );
        if added.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::Conflict { code: "too_many_webhooks", message: say::too_many_webhooks(MOST) });
        }
        let shown = json!({ "url": new.url, "events": new.events });
        record_change(&mut tx, tenant, stamp, Change::new("webhook.created", id).to(shown)).await?;
        tx.commit().await.map_err(error)?;
        self.webhook(tenant, id).await
    }

    /// Changes the secret of a webhook; the previous secret stays valid until `previous_until`.
    ///
    /// # Errors
    /// 404 when the webhook does not exist.
    pub async fn rotate_webhook(
        &self,
        tenant: TenantId,
        id: Uuid,
        secret: &[u8],
        previous_until: OffsetDateTime,
        stamp: &Stamp,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let changed = sqlx::query!(
            "update webhooks set previous_secret = secret, previous_until = $4, secret = $3 where tenant_id = $1 and webhook_id = $2",
            tenant.0,
            id,
            secret,
            previous_until
        );
        if changed.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(things::webhook()));
        }
        record_change(&mut tx, tenant, stamp, Change::new("webhook.secret_rotated", id)).await?;
        tx.commit().await.map_err(error)
    }

    /// Changes a webhook and resets its failures. If it is switched off, its pending deliveries are given up.
    ///
    /// # Errors
    /// 404 when the webhook does not exist.
    pub async fn put_webhook(&self, tenant: TenantId, id: Uuid, new: &NewWebhook, stamp: &Stamp) -> Result<Webhook> {
        let mut tx = begin(&self.pool, tenant).await?;
        let changed = sqlx::query!(
            "update webhooks set url = $3, description = $4, events = $5, active = $6, failing_since = null, disabled_at = null
             where tenant_id = $1 and webhook_id = $2",
            tenant.0,
            id,
            new.url,
            new.description,
            &new.events,
            new.active
        );
        if changed.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(things::webhook()));
        }
        if !new.active {
            drop_pending(&mut tx, tenant, id, stamp.at).await?;
        }
        let shown = json!({ "url": new.url, "events": new.events, "active": new.active });
        record_change(&mut tx, tenant, stamp, Change::new("webhook.changed", id).to(shown)).await?;
        tx.commit().await.map_err(error)?;
        self.webhook(tenant, id).await
    }

    /// Deletes a webhook with its deliveries.
    ///
    /// # Errors
    /// 404 when the webhook does not exist.
    pub async fn delete_webhook(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!("delete from webhooks where tenant_id = $1 and webhook_id = $2", tenant.0, id);
        if deleted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(things::webhook()));
        }
        record_change(&mut tx, tenant, stamp, Change::new("webhook.deleted", id)).await?;
        tx.commit().await.map_err(error)
    }
}
