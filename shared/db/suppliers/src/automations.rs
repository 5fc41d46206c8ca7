//! Automations: they fetch or receive the files of a supplier.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use runtime::{Cursor, Error, Page, Result, TenantId};
use schedule::Schedule;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::SuppliersDb;

/// An automation as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Automation {
    /// The id.
    pub id: Uuid,
    /// The supplier of the files.
    pub supplier_id: Uuid,
    /// Its name, unique in the organisation.
    pub name: String,
    /// `email`, `ftp`, `http`, `rest` or `drop`.
    pub kind: String,
    /// Where the files are, without secrets.
    pub source: Value,
    /// The encrypted secrets.
    pub secret: Option<Vec<u8>>,
    /// When it runs; without a schedule it runs only by hand or when a file arrives.
    pub schedule: Option<Json<Schedule>>,
    /// The time zone of the schedule.
    pub time_zone: String,
    /// The options of its imports.
    pub choices: Value,
    /// `preview` or `apply`.
    pub run: String,
    /// Whether it runs, and accepts files that arrive.
    pub enabled: bool,
    /// Whether a file with the same content as an earlier one is skipped.
    pub skip_unchanged: bool,
    /// After how many failures in a row it pauses.
    pub pause_after: i32,
    /// Failures in a row.
    pub failures: i32,
    /// Since when it is paused because of them.
    pub paused_at: Option<OffsetDateTime>,
    /// The message of the last failure.
    pub paused_because: Option<String>,
    /// What it knows about earlier files.
    pub state: Json<AutomationState>,
    /// The secret part of its mail address.
    pub token: String,
    /// When it runs next.
    pub next_run_at: Option<OffsetDateTime>,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

/// What an automation knows about earlier files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutomationState {
    /// The `ETag` of the last file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The `Last-Modified` of the last file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Names, sizes and times of the files of a folder that were fetched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// When the newest fetched file was changed, as Unix time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<i64>,
    /// The fingerprint of the server's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
}

/// The values of an automation that is created or changed.
pub struct NewAutomation {
    /// The supplier.
    pub supplier_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Where the files are.
    pub source: Value,
    /// The encrypted secrets; `None` keeps the stored ones, unless its kind has no secrets.
    pub secret: Option<Vec<u8>>,
    /// When it runs.
    pub schedule: Option<Schedule>,
    /// The time zone of the schedule.
    pub time_zone: String,
    /// The options of its imports.
    pub choices: Value,
    /// `preview` or `apply`.
    pub run: &'static str,
    /// Whether it runs, and accepts files that arrive.
    pub enabled: bool,
    /// Whether a file with the same content as an earlier one is skipped.
    pub skip_unchanged: bool,
    /// After how many failures in a row it pauses.
    pub pause_after: i32,
    /// When it runs next.
    pub next_run_at: Option<OffsetDateTime>,
    /// Whether server and account are the same as before: then the server's key stays known.
    pub same_server: bool,
}

/// One run of an automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AutomationRun {
    /// The run's id.
    pub id: Uuid,
    /// `schedule`, `by_hand` or `arrival`.
    pub cause: String,
    /// `running`, `imported`, `nothing_new` or `failed`.
    pub status: String,
    /// Its result, for people.
    pub message: Option<String>,
    /// The imports that it started.
    pub imports: Vec<Uuid>,
    /// When it started.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// The end of a run.
pub struct RunEnd<'e> {
    /// `imported`, `nothing_new` or `failed`.
    pub status: &'static str,
    /// Whether it counts as a failure; a success ends a row of failures. `None` counts as neither: a file from a
    /// stranger was ignored, or the outcome of its imports counts later.
    pub failed: Option<bool>,
    /// The result, for people.
    pub message: &'e str,
    /// The imports that it started.
    pub imports: &'e [Uuid],
    /// What is known about the files now, and the source that was read: the state is not stored if the source changed
    /// meanwhile. `None` keeps the stored state.
    pub state: Option<(&'e AutomationState, &'e Value)>,
}

impl SuppliersDb {
    /// Returns the automations, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn automations(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<Automation>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = read(&mut tx, tenant, None, before, limit + 1).await?;
        Ok(Page::cut(found, limit, |automation| Cursor::Id(automation.id)))
    }

    /// Returns one automation.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn automation(&self, tenant: TenantId, id: Uuid) -> Result<Automation> {
        let mut tx = begin(&self.pool, tenant).await?;
        read(&mut tx, tenant, Some(id), None, 1)
            .await?
            .pop()
            .ok_or_else(|| Error::NotFound(messages::things::automation()))
    }

    /// Creates an automation (with a `token`) or changes one (without).
    ///
    /// # Errors
    /// 404 if the supplier or the automation does not exist; 409 if another automation has the name.
    pub async fn put_automation(
        &self,
        tenant: TenantId,
        id: Uuid,
        token: Option<&str>,
        new: &NewAutomation,
        stamp: &Stamp,
    ) -> Result<Automation> {
        let mut tx = begin(&self.pool, tenant).await?;
        let done = sqlx::query!(
            "insert into automations (tenant_id, automation_id, supplier_id, name, kind, source, secret, schedule, time_zone, choices, run,
                    enabled, skip_unchanged, pause_after, token, next_run_at, created_at, updated_at)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, coalesce($15, a.token), $16, $17, $17
             from (values (1)) one left join automations a on a.tenant_id = $1 and a.automation_id = $2
             where $15::text is not null or a.token is not null
             on conflict (tenant_id, automation_id) do update
             set supplier_id = excluded.supplier_id, name = excluded.name, kind = excluded.kind, source = excluded.source,
                 secret = case when $5 in ('email', 'drop') then null else coalesce(excluded.secret, automations.secret) end, schedule = excluded.schedule,
                 time_zone = excluded.time_zone, choices = excluded.choices, run = excluded.run, enabled = excluded.enabled,
                 skip_unchanged = excluded.skip_unchanged, pause_after = excluded.pause_after,
                 next_run_at = excluded.next_run_at, updated_at = excluded.updated_at, failures = 0, failed_imports = 0,
                 paused_at = null, paused_because = null,
                 state = case when automations.source = excluded.source then automations.state
                              when $18 and automations.state ? 'host_key'
                              then jsonb_build_object('host_key', automations.state -> 'host_key') else '{}' end",
            tenant.0,
            id,
            new.supplier_id,
            new.name,
            new.kind,
            new.source,
            new.secret.as_deref(),
            new.schedule.as_ref().map(|schedule| json!(schedule)),
            new.time_zone,
            new.choices,
            new.run,
            new.enabled,
            new.skip_unchanged,
            new.pause_after,
            token,
            new.next_run_at,
            stamp.at,
            new.same_server
        );
        let done = done.execute(&mut *tx).await.map_err(|failed| {
            match failed.as_database_error().and_then(|database| database.constraint()) {
                Some("automations_name_key") => on_constraint(failed, "automations_name_key", || Error::Conflict {
                    code: "name_taken",
                    message: messages::suppliers::automation_name_taken(&new.name),
                }),
                _ => {
                    on_constraint(failed, "automations_supplier_fkey", || Error::NotFound(messages::things::supplier()))
                }
            }
        })?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound(messages::things::automation()));
        }
        let action = if token.is_some() { "automation.created" } else { "automation.changed" };
        let shown = json!({ "name": new.name, "source": new.source, "schedule": new.schedule, "enabled": new.enabled });
        record_change(&mut tx, tenant, stamp, Change::new(action, id).to(shown)).await?;
        let saved = read(&mut tx, tenant, Some(id), None, 1)
            .await?
            .pop()
            .ok_or_else(|| Error::NotFound(messages::things::automation()))?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Deletes an automation; the imports that it started stay.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn delete_automation(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!("delete from automations where tenant_id = $1 and automation_id = $2", tenant.0, id);
        if deleted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound(messages::things::automation()));
        }
        record_change(&mut tx, tenant, stamp, Change::new("automation.deleted", id)).await?;
        tx.commit().await.map_err(error)
    }

    /// Returns the due automations of every organisation, the one that waits longest first, at most `most`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due_automations(&self, now: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let due = sqlx::query!(
            "select tenant_id as \"tenant!\", automation_id as \"automation!\" from due_automations($1, $2)",
            now,
            most
        );
        let due = due.fetch_all(&self.pool).await.map_err(error)?;
        Ok(due.into_iter().map(|row| (TenantId(row.tenant), row.automation)).collect())
    }

    /// Returns the paused automations of every organisation whose pause was not announced yet, at most `most`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unannounced_pauses(&self, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let found = sqlx::query!(
            "select tenant_id as \"tenant!\", automation_id as \"automation!\" from unannounced_pauses($1)",
            most
        );
        let found = found.fetch_all(&self.pool).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (TenantId(row.tenant), row.automation)).collect())
    }

    /// Stores that a pause was announced.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pause_announced(&self, tenant: TenantId, id: Uuid, paused_at: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let noted = sqlx::query!(
            "update automations set pause_announced_at = $3 where tenant_id = $1 and automation_id = $2",
            tenant.0,
            id,
            paused_at
        );
        noted.execute(&mut *tx).await.map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Returns the automation whose mail address has this secret part.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn automation_of_token(&self, token: &str) -> Result<Option<(TenantId, Uuid)>> {
        let found = sqlx::query!(
            "select tenant_id as \"tenant!\", automation_id as \"automation!\" from automation_of_token($1)",
            token
        );
        let found = found.fetch_optional(&self.pool).await.map_err(error)?;
        Ok(found.map(|row| (TenantId(row.tenant), row.automation)))
    }

    /// Sets the next run of a due automation, unless another process did so already.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim_due(
        &self,
        tenant: TenantId,
        automation: &Automation,
        next: Option<OffsetDateTime>,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let claimed = sqlx::query!(
            "update automations set next_run_at = $4 where tenant_id = $1 and automation_id = $2 and next_run_at is not distinct from $3 and enabled",
            tenant.0,
            automation.id,
            automation.next_run_at,
            next
        );
        claimed.execute(&mut *tx).await.map_err(error)?;
        tx.commit().await.map_err(error)
    }
}

/// Returns automations, the newest first: the one with `id`, or those before `before`.
pub(crate) async fn read(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Automation>> {
    let found = sqlx::query_as!(
        Automation,
        r#"select automation_id as id, supplier_id, name, kind, source, secret, schedule as "schedule: Json<Schedule>", time_zone,
                  choices, run, enabled, skip_unchanged, pause_after, failures, paused_at, paused_because,
                  state as "state: Json<AutomationState>", token, next_run_at, created_at
           from automations
           where tenant_id = $1 and ($2::uuid is null or automation_id = $2) and ($3::uuid is null or automation_id < $3)
           order by automation_id desc limit $4"#,
        tenant.0,
        id,
        before,
        limit
    );
    found.fetch_all(&mut **tx).await.map_err(error)
}
