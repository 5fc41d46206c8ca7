//! Automations: files of a supplier that come by themselves.

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
    /// The supplier whose files come.
    pub supplier_id: Uuid,
    /// Its name, unique in the organisation.
    pub name: String,
    /// `email`, `ftp`, `http`, `rest` or `drop`.
    pub kind: String,
    /// Where the files lie, without secrets.
    pub source: Value,
    /// The encrypted secrets.
    pub secret: Option<Vec<u8>>,
    /// When it looks; never by itself without one.
    pub schedule: Option<Json<Schedule>>,
    /// The zone of the schedule.
    pub time_zone: String,
    /// What its imports choose.
    pub choices: Value,
    /// `preview` or `apply`.
    pub run: String,
    /// Whether it looks, and takes what arrives.
    pub enabled: bool,
    /// Whether a file with the content of an earlier one is left.
    pub skip_unchanged: bool,
    /// After so many failures in a row it pauses.
    pub pause_after: i32,
    /// Failures in a row.
    pub failures: i32,
    /// Since when it pauses because of them.
    pub paused_at: Option<OffsetDateTime>,
    /// What the last of them was.
    pub paused_because: Option<String>,
    /// What is known of files that it had.
    pub state: Json<AutomationState>,
    /// The secret part of its mail address.
    pub token: String,
    /// When it looks next.
    pub next_run_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// What an automation knows of files that it had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutomationState {
    /// The `ETag` of the last file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The `Last-Modified` of the last file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Names, sizes and times of the files of a folder that were had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// When the newest file that was taken was changed, in seconds of Unix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<i64>,
    /// The fingerprint of the server's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
}

/// What is kept of an automation that is made or changed.
pub struct NewAutomation {
    /// The supplier.
    pub supplier_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Where the files lie.
    pub source: Value,
    /// The encrypted secrets; `None` leaves those that are there, unless its kind has none.
    pub secret: Option<Vec<u8>>,
    /// When it looks.
    pub schedule: Option<Schedule>,
    /// The zone.
    pub time_zone: String,
    /// What its imports choose.
    pub choices: Value,
    /// `preview` or `apply`.
    pub run: &'static str,
    /// Whether it looks.
    pub enabled: bool,
    /// Whether a known content is left.
    pub skip_unchanged: bool,
    /// After how many failures it pauses.
    pub pause_after: i32,
    /// When it looks next.
    pub next_run_at: Option<OffsetDateTime>,
    /// Whether it goes to the server and the account to which it went: then the server's key is still known.
    pub same_server: bool,
}

/// One look of an automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AutomationRun {
    /// The look.
    pub id: Uuid,
    /// `schedule`, `by_hand` or `arrival`.
    pub cause: String,
    /// `running`, `imported`, `nothing_new` or `failed`.
    pub status: String,
    /// What came of it, for people.
    pub message: Option<String>,
    /// The imports that it began.
    pub imports: Vec<Uuid>,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// What came of a look.
pub struct RunEnd<'e> {
    /// `imported`, `nothing_new` or `failed`.
    pub status: &'static str,
    /// Whether it counts as a failure, or as none, which ends a row of them; `None` says nothing of the automation: what a
    /// stranger sent was left, or its imports will say.
    pub failed: Option<bool>,
    /// For people.
    pub message: &'e str,
    /// The imports that it began.
    pub imports: &'e [Uuid],
    /// What is known of the files now, and the source that was looked at: of another one it says nothing. `None` leaves it.
    pub state: Option<(&'e AutomationState, &'e Value)>,
}

impl SuppliersDb {
    /// The automations, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn automations(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<Automation>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = read(&mut tx, tenant, None, before, limit + 1).await?;
        Ok(Page::cut(found, limit, |automation| Cursor::Id(automation.id)))
    }

    /// One automation.
    ///
    /// # Errors
    /// 404 when the tenant has none with this id.
    pub async fn automation(&self, tenant: TenantId, id: Uuid) -> Result<Automation> {
        let mut tx = begin(&self.pool, tenant).await?;
        read(&mut tx, tenant, Some(id), None, 1).await?.pop().ok_or(Error::NotFound("automation"))
    }

    /// Makes an automation, or changes one.
    ///
    /// # Errors
    /// 404 for the supplier or the automation; 409 for a name that another one has.
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
            match failed.as_database_error().and_then(|one| one.constraint()) {
                Some("automations_name_key") => on_constraint(failed, "automations_name_key", || Error::Conflict {
                    code: "name_taken",
                    message: format!("there is an automation with the name \"{}\" already", new.name),
                }),
                _ => on_constraint(failed, "automations_supplier_fkey", || Error::NotFound("supplier")),
            }
        })?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound("automation"));
        }
        let action = if token.is_some() { "automation.created" } else { "automation.changed" };
        let shown = json!({ "name": new.name, "source": new.source, "schedule": new.schedule, "enabled": new.enabled });
        record_change(&mut tx, tenant, stamp, Change::new(action, id).to(shown)).await?;
        let saved = read(&mut tx, tenant, Some(id), None, 1).await?.pop().ok_or(Error::NotFound("automation"))?;
        tx.commit().await.map_err(error)?;
        Ok(saved)
    }

    /// Deletes an automation; the imports that it began stay.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn delete_automation(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let deleted = sqlx::query!("delete from automations where tenant_id = $1 and automation_id = $2", tenant.0, id);
        if deleted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::NotFound("automation"));
        }
        record_change(&mut tx, tenant, stamp, Change::new("automation.deleted", id)).await?;
        tx.commit().await.map_err(error)
    }

    /// What is due, of every organisation, the longest waiting first.
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

    /// Pauses that nobody was told of yet, of every organisation.
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

    /// Notes that people were told of a pause.
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

    /// Whose the address with this secret part is.
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

    /// Moves an automation that is due on to its next time, unless another did.
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
