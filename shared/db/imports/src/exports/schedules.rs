//! Schedules of exports.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use runtime::{Cursor, Error, Page, Result, TenantId};
use schedule::Schedule;
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ImportsDb;

/// A schedule as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportSchedule {
    /// The id.
    pub id: Uuid,
    /// Its name, unique in the organisation; case does not count.
    pub name: String,
    /// What is exported: the body of `POST /v1/exports`.
    pub definition: Value,
    /// When it is due. Without a schedule it is started by hand only.
    pub schedule: Option<Json<Schedule>>,
    /// The time zone of the schedule.
    pub time_zone: String,
    /// Whether it runs; `false` if it is paused.
    pub enabled: bool,
    /// Whether only products that changed since the last completed run are exported.
    pub only_changed: bool,
    /// When it is due next.
    pub next_run_at: Option<OffsetDateTime>,
    /// When its last run began.
    pub last_run_at: Option<OffsetDateTime>,
    /// The user who created it.
    pub created_by: Option<Uuid>,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

/// A schedule to be created, or to replace an existing one.
pub struct NewSchedule {
    /// Its name.
    pub name: String,
    /// What is exported.
    pub definition: Value,
    /// When it is due.
    pub schedule: Option<Schedule>,
    /// The time zone of the schedule.
    pub time_zone: String,
    /// Whether it runs.
    pub enabled: bool,
    /// Whether only products that changed since the last completed run are exported.
    pub only_changed: bool,
    /// When it is due next.
    pub next_run_at: Option<OffsetDateTime>,
}

impl ImportsDb {
    /// Lists the schedules, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn export_schedules(
        &self,
        tenant: TenantId,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<ExportSchedule>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = load_schedules(&mut tx, tenant, None, before, limit + 1).await?;
        Ok(Page::cut(found, limit, |schedule| Cursor::Id(schedule.id)))
    }

    /// Returns one schedule.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn export_schedule(&self, tenant: TenantId, id: Uuid) -> Result<ExportSchedule> {
        load_schedule(&mut begin(&self.pool, tenant).await?, tenant, id).await
    }

    /// Creates or changes a schedule.
    ///
    /// # Errors
    /// 404 when the schedule to change does not exist; 409 when another schedule has the name.
    pub async fn put_schedule(
        &self,
        tenant: TenantId,
        id: Uuid,
        create: bool,
        new: &NewSchedule,
        stamp: &Stamp,
    ) -> Result<ExportSchedule> {
        let mut tx = begin(&self.pool, tenant).await?;
        if !create {
            load_schedule(&mut tx, tenant, id).await?;
        }
        sqlx::query!(
            "insert into export_schedules (tenant_id, schedule_id, name, definition, schedule, time_zone, enabled, only_changed,
                    next_run_at, created_by, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
             on conflict (tenant_id, schedule_id) do update
             set name = excluded.name, definition = excluded.definition, schedule = excluded.schedule, time_zone = excluded.time_zone,
                 enabled = excluded.enabled, only_changed = excluded.only_changed, next_run_at = excluded.next_run_at,
                 updated_at = excluded.updated_at",
            tenant.0,
            id,
            new.name,
            new.definition,
            new.schedule.as_ref().map(|schedule| json!(schedule)),
            new.time_zone,
            new.enabled,
            new.only_changed,
            new.next_run_at,
            stamp.actor(),
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| {
            on_constraint(failed, "export_schedules_name_key", || Error::Conflict {
                code: "name_taken",
                message: messages::exports::schedule_name_taken(&new.name),
            })
        })?;
        let action = if create { "export_schedule.created" } else { "export_schedule.changed" };
        let shown =
            json!({ "name": new.name, "schedule": new.schedule, "enabled": new.enabled, "definition": new.definition });
        record_change(&mut tx, tenant, stamp, Change::new(action, id).to(shown)).await?;
        let saved = load_schedule(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Deletes a schedule; its exports stay.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn delete_schedule(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = load_schedule(&mut tx, tenant, id).await?;
        let gone = sqlx::query!("delete from export_schedules where tenant_id = $1 and schedule_id = $2", tenant.0, id);
        gone.execute(&mut *tx).await.map_err(error)?;
        let gone = Change::new("export_schedule.deleted", id).from(json!({ "name": before.name }));
        record_change(&mut tx, tenant, stamp, gone).await?;
        tx.commit().await.map_err(error)
    }

    /// Returns the last transaction of `db_catalog` that a schedule has exported: that of its newest completed run,
    /// even if its deliveries failed. `None` if that run had other `options`, because then products may have been left
    /// out or written differently.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn exported_to(&self, tenant: TenantId, schedule: Uuid, options: &Value) -> Result<Option<i64>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let newest = sqlx::query!(
            "select changed_to, options from export_jobs where tenant_id = $1 and schedule_id = $2 and status = 'completed'
             order by changed_to desc nulls last limit 1",
            tenant.0,
            schedule
        );
        let newest = newest.fetch_optional(&mut *tx).await.map_err(error)?;
        Ok(newest.filter(|job| job.options == *options).and_then(|job| job.changed_to))
    }

    /// Lists the schedules that are due, of every organisation, those that wait longest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due_schedules(&self, now: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let due = sqlx::query!(
            r#"select tenant_id as "tenant!", schedule_id as "schedule!" from due_export_schedules($1, $2)"#,
            now,
            most
        );
        let due = due.fetch_all(&self.pool).await.map_err(error)?;
        Ok(due.into_iter().map(|row| (TenantId(row.tenant), row.schedule)).collect())
    }

    /// Sets the next time of a schedule that was due, unless another tick has already done it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim_schedule(
        &self,
        tenant: TenantId,
        schedule: &ExportSchedule,
        next: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update export_schedules set next_run_at = $4, last_run_at = $5
             where tenant_id = $1 and schedule_id = $2 and next_run_at is not distinct from $3 and enabled",
            tenant.0,
            schedule.id,
            schedule.next_run_at,
            next,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }
}

async fn load_schedule(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<ExportSchedule> {
    load_schedules(tx, tenant, Some(id), None, 1)
        .await?
        .pop()
        .ok_or_else(|| Error::NotFound(messages::things::schedule()))
}

async fn load_schedules(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ExportSchedule>> {
    let found = sqlx::query_as!(
        ExportSchedule,
        r#"select schedule_id as id, name, definition, schedule as "schedule: Json<Schedule>", time_zone, enabled, only_changed,
                  next_run_at, last_run_at, created_by, created_at
           from export_schedules
           where tenant_id = $1 and ($2::uuid is null or schedule_id = $2) and ($3::uuid is null or schedule_id < $3)
           order by schedule_id desc limit $4"#,
        tenant.0,
        id,
        before,
        limit
    );
    found.fetch_all(&mut **tx).await.map_err(error)
}
