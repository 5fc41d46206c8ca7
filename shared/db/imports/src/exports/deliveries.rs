//! Deliveries of files to destinations. Each delivered file is noted, so that nothing is sent twice.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use messages::{Language, Text};
use runtime::{Error, Result, TenantId};
use serde::Serialize;
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exports::job::status_label;
use crate::{ImportsDb, events};

/// A delivery of an export's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExportDelivery {
    /// The id of the delivery.
    pub id: Uuid,
    /// The id of the destination.
    pub destination_id: Uuid,
    /// The name of the destination when the delivery began.
    pub destination: String,
    /// `email`, `ftp`, `webhook` or `s3`.
    pub kind: String,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// How many times it was tried.
    pub attempts: i32,
    /// How many of the files were delivered.
    pub files_done: i32,
    /// When it will be tried next.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_at: Option<OffsetDateTime>,
    /// Why the last try failed, for people.
    pub error: Option<String>,
    /// When it was requested.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
}

/// A delivery that was claimed for one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// The id of the delivery.
    pub id: Uuid,
    /// The id of the export.
    pub export: Uuid,
    /// The id of the destination.
    pub destination: Uuid,
    /// How many of the files are already delivered.
    pub files_done: i32,
    /// The number of this try, from 1.
    pub attempt: i32,
}

/// How long a delivery stays claimed: longer than the function may run.
const LEASE: time::Duration = time::Duration::minutes(6);

impl ImportsDb {
    /// Claims a delivery that is due. Returns `None` when it is not due, has ended, or another process tries it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_export_delivery(
        &self,
        tenant: TenantId,
        id: Uuid,
        now: OffsetDateTime,
    ) -> Result<Option<DueDelivery>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let claimed = sqlx::query_as!(
            DueDelivery,
            r#"update export_deliveries set next_at = $4, attempts = attempts + 1
               where tenant_id = $1 and delivery_id = $2 and status = 'pending' and next_at <= $3
               returning delivery_id as id, export_id as export, destination_id as destination, files_done, attempts as "attempt!""#,
            tenant.0,
            id,
            now,
            now + LEASE
        );
        let claimed = claimed.fetch_optional(&mut *tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(claimed)
    }

    /// Notes that one more file was delivered. When `more` files follow, the tries are counted from 1 again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_file_delivered(
        &self,
        tenant: TenantId,
        id: Uuid,
        files_done: i32,
        more: bool,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update export_deliveries set files_done = greatest(files_done, $3), next_at = $4,
                attempts = case when $5 then 1 else attempts end
             where tenant_id = $1 and delivery_id = $2 and status = 'pending'",
            tenant.0,
            id,
            files_done,
            now + LEASE,
            more
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Notes the result of a try: `None` for success; otherwise the reason, and when it is tried again. Without a next
    /// time the delivery has failed, and an event announces it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_export_delivery(
        &self,
        tenant: TenantId,
        id: Uuid,
        failed: Option<(&Text, Option<OffsetDateTime>)>,
        language: Language,
        now: OffsetDateTime,
    ) -> Result<()> {
        let status = match failed {
            None => "delivered",
            Some((_, Some(_))) => "pending",
            Some((_, None)) => "failed",
        };
        let why = failed.map(|(why, _)| why.shown(language));
        let mut tx = begin(&self.pool, tenant).await?;
        let ended = sqlx::query!(
            "update export_deliveries d set status = $3, error = left($4, 1000), next_at = coalesce($5, next_at),
                    ended_at = case when $3 = 'pending' then null else $6::timestamptz end
             from export_jobs j
             where d.tenant_id = $1 and d.delivery_id = $2 and d.status = 'pending' and j.tenant_id = $1 and j.export_id = d.export_id
             returning d.export_id, d.destination, d.attempts, j.name, j.created_by",
            tenant.0,
            id,
            status,
            why,
            failed.and_then(|(_, again)| again),
            now
        );
        let Some(ended) = ended.fetch_optional(&mut *tx).await.map_err(error)? else { return Ok(()) };
        let detail = match why {
            None => messages::exports::delivered_to(ended.destination),
            Some(why) => messages::exports::delivery_attempt(ended.destination, ended.attempts, why),
        };
        let detail = detail.shown(language);
        let event = match status {
            "delivered" => "delivered",
            "pending" => "delivery_delayed",
            _ => "delivery_failed",
        };
        events::note(&mut tx, tenant, ended.export_id, event, Some(detail), now).await?;
        if status == "failed" {
            let event = json!({
                "tenant_id": tenant, "job_id": ended.export_id, "kind": "export", "name": ended.name,
                "created_by": ended.created_by, "status": "delivery_failed", "message": detail,
                "finished_at": now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default(),
            });
            events::publish_later(&mut tx, tenant, "ExportDeliveryFailed", Json(event), now).await?;
        }
        tx.commit().await.map_err(error)
    }

    /// Begins to deliver a completed export to a destination, again if an earlier delivery ended.
    ///
    /// # Errors
    /// 404 for the export or the destination; 409 when the export is not completed, its files are gone, or such a
    /// delivery is under way.
    pub async fn deliver_export(
        &self,
        tenant: TenantId,
        export: Uuid,
        destination: Uuid,
        stamp: &Stamp,
    ) -> Result<Uuid> {
        let mut tx = begin(&self.pool, tenant).await?;
        let job = crate::exports::job::job(&mut tx, tenant, export).await?;
        if job.status != "completed" {
            let message = messages::exports::export_not_completed(status_label(&job.status));
            return Err(Error::Conflict { code: "export_not_completed", message });
        }
        if job.expires_at.is_some_and(|until| until <= stamp.at) {
            let message = messages::exports::files_expired();
            return Err(Error::Conflict { code: "export_expired", message });
        }
        let begun = begin_delivery(&mut tx, tenant, export, destination, stamp.at).await?;
        let Some(id) = begun else {
            let known = sqlx::query!(
                "select from export_destinations where tenant_id = $1 and destination_id = $2",
                tenant.0,
                destination
            );
            if known.fetch_optional(&mut *tx).await.map_err(error)?.is_none() {
                return Err(Error::NotFound(messages::things::destination()));
            }
            let message = messages::exports::delivery_under_way();
            return Err(Error::Conflict { code: "delivery_under_way", message });
        };
        let requested = Change::new("export.delivery_asked", export).to(json!({ "destination_id": destination }));
        record_change(&mut tx, tenant, stamp, requested).await?;
        tx.commit().await.map_err(error)?;
        Ok(id)
    }

    /// Lists the deliveries of an export, in the order in which they were requested.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn export_deliveries(&self, tenant: TenantId, export: Uuid) -> Result<Vec<ExportDelivery>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_as!(
            ExportDelivery,
            r#"select delivery_id as id, destination_id, destination, kind, status, attempts, files_done,
                      case when status = 'pending' then next_at end as next_at, error, created_at, ended_at
               from export_deliveries where tenant_id = $1 and export_id = $2 order by delivery_id limit 500"#,
            tenant.0,
            export
        );
        found.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Lists deliveries that are due, of every organisation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due_export_deliveries(&self, now: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let due = sqlx::query!(
            r#"select tenant_id as "tenant!", delivery_id as "delivery!" from due_export_deliveries($1, $2)"#,
            now,
            most
        );
        let due = due.fetch_all(&self.pool).await.map_err(error)?;
        Ok(due.into_iter().map(|row| (TenantId(row.tenant), row.delivery)).collect())
    }
}

/// Begins a delivery. Returns `None` if the destination does not exist, or a delivery to it is under way.
pub(crate) async fn begin_delivery(
    tx: &mut TenantTx,
    tenant: TenantId,
    export: Uuid,
    destination: Uuid,
    now: OffsetDateTime,
) -> Result<Option<Uuid>> {
    let begun = sqlx::query_scalar!(
        "insert into export_deliveries (tenant_id, delivery_id, export_id, destination_id, ordinal, destination, kind, status, next_at, created_at)
         select $1, $2, $3, $4, (select count(*) from export_deliveries where tenant_id = $1 and export_id = $3 and destination_id = $4),
                d.name, d.kind, 'pending', $5, $5
         from export_destinations d
         where d.tenant_id = $1 and d.destination_id = $4
           and not exists (select from export_deliveries where tenant_id = $1 and export_id = $3 and destination_id = $4 and status = 'pending')
         on conflict on constraint export_deliveries_key do nothing
         returning delivery_id",
        tenant.0,
        Uuid::now_v7(),
        export,
        destination,
        now
    );
    begun.fetch_optional(&mut **tx).await.map_err(error)
}
