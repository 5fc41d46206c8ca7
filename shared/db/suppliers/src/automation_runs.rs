//! The runs of automations, and how failures pause an automation.

use db_tenancy::{TenantTx, begin, error};
use messages::Language;
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::automations::read;
use crate::{AutomationRun, RunEnd, SuppliersDb};

/// For how many minutes a run in progress blocks another one.
const RUN_MINUTES: i64 = 15;
/// A failed run is repeated after this time, even if its schedule says later.
const RETRY: time::Duration = time::Duration::minutes(15);
/// How often a failed run is repeated in this way.
const RETRIES: i32 = 3;

/// What ended: its failure or success is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Run,
    Import,
}

impl SuppliersDb {
    /// Starts a run. Returns `false` if it has ended already, or if another run is in progress; a file that arrives
    /// does not wait for another run. A run whose process was killed starts again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_automation_run(
        &self,
        tenant: TenantId,
        automation: Uuid,
        run: Uuid,
        cause: &str,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        lock(&mut tx, tenant, automation).await?;
        let killed = messages::suppliers::run_stopped().into_string(Language::En);
        let dead = sqlx::query!(
            "update automation_runs set status = 'failed', finished_at = $4, message = $5
             where tenant_id = $1 and automation_id = $2 and run_id <> $3 and status = 'running' and started_at <= $6",
            tenant.0,
            automation,
            run,
            now,
            killed,
            now - time::Duration::minutes(RUN_MINUTES)
        );
        if dead.execute(&mut *tx).await.map_err(error)?.rows_affected() > 0 {
            count(&mut tx, tenant, automation, true, Ended::Run, &killed, now).await?;
        }
        let begun = sqlx::query!(
            "insert into automation_runs (tenant_id, automation_id, run_id, cause, status, started_at)
             select $1, $2, $3, $4, 'running', $5
             where $4 = 'arrival' or not exists (select from automation_runs where tenant_id = $1 and automation_id = $2 and status = 'running'
                               and run_id <> $3 and started_at > $6)
             on conflict (tenant_id, automation_id, run_id) do update set started_at = excluded.started_at
             where automation_runs.status = 'running'",
            tenant.0,
            automation,
            run,
            cause,
            now,
            now - time::Duration::minutes(RUN_MINUTES)
        );
        let begun = begun.execute(&mut *tx).await.map_err(error)?.rows_affected() > 0;
        tx.commit().await.map_err(error)?;
        Ok(begun)
    }

    /// Ends a run. Returns `true` if the automation pauses because of it. A run that has ended keeps its result, with
    /// one exception: if two messages of one run end it, the one that imported something counts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_automation_run(
        &self,
        tenant: TenantId,
        automation: Uuid,
        run: Uuid,
        end: &RunEnd<'_>,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        lock(&mut tx, tenant, automation).await?;
        let ended = sqlx::query!(
            "update automation_runs set status = $4, message = $5, imports = $6, finished_at = $7
             where tenant_id = $1 and automation_id = $2 and run_id = $3
               and (status = 'running' or $4 = 'imported' and status <> 'imported')",
            tenant.0,
            automation,
            run,
            end.status,
            end.message,
            end.imports,
            now
        );
        if ended.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Ok(false);
        }
        if let Some((state, source)) = end.state {
            sqlx::query!(
                "update automations set state = $3 where tenant_id = $1 and automation_id = $2 and source = $4",
                tenant.0,
                automation,
                json!(state),
                source
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        }
        let paused = match end.failed {
            Some(failed) => count(&mut tx, tenant, automation, failed, Ended::Run, end.message, now).await?,
            None => false,
        };
        tx.commit().await.map_err(error)?;
        Ok(paused)
    }

    /// Counts the end of an automation's import; `failed` says why it failed. Returns `true` if the automation pauses
    /// because of it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_import(
        &self,
        tenant: TenantId,
        automation: Uuid,
        failed: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let because = failed.unwrap_or_default();
        let paused = count(&mut tx, tenant, automation, failed.is_some(), Ended::Import, because, now).await?;
        tx.commit().await.map_err(error)?;
        Ok(paused)
    }

    /// Stores a run that was requested and skipped, because another run is in progress.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_left_run(
        &self,
        tenant: TenantId,
        automation: Uuid,
        run: Uuid,
        cause: &str,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "insert into automation_runs (tenant_id, automation_id, run_id, cause, status, message, started_at, finished_at)
             values ($1, $2, $3, $4, 'nothing_new', 'another look is under way', $5, $5) on conflict do nothing",
            tenant.0,
            automation,
            run,
            cause,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Deletes the runs of every organisation that started before `before`, at most `most`. Returns how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_automation_runs(&self, before: OffsetDateTime, most: i32) -> Result<i64> {
        let gone = sqlx::query_scalar!(r#"select forget_automation_runs($1, $2) as "gone!""#, before, most);
        gone.fetch_one(&self.pool).await.map_err(error)
    }

    /// Returns the runs of an automation, the newest first.
    ///
    /// # Errors
    /// 404 if the automation does not exist.
    pub async fn automation_runs(
        &self,
        tenant: TenantId,
        automation: Uuid,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<AutomationRun>> {
        let mut tx = begin(&self.pool, tenant).await?;
        read(&mut tx, tenant, Some(automation), None, 1)
            .await?
            .pop()
            .ok_or_else(|| Error::NotFound(messages::things::automation()))?;
        let runs = sqlx::query_as!(
            AutomationRun,
            "select run_id as id, cause, status, message, imports, started_at, finished_at from automation_runs
             where tenant_id = $1 and automation_id = $2
               and ($3::uuid is null or (started_at, run_id) < (select started_at, run_id from automation_runs
                                                                where tenant_id = $1 and automation_id = $2 and run_id = $3))
             order by started_at desc, run_id desc limit $4",
            tenant.0,
            automation,
            before,
            limit + 1
        );
        let runs = runs.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(runs, limit, |run| Cursor::Id(run.id)))
    }
}

/// Counts failures in a row. Returns `true` if the automation pauses because of this one. A run that finds nothing ends
/// a row of failed runs, but not a row of failed imports. A failed run is repeated soon.
async fn count(
    tx: &mut TenantTx,
    tenant: TenantId,
    automation: Uuid,
    failed: bool,
    ended: Ended,
    because: &str,
    now: OffsetDateTime,
) -> Result<bool> {
    let paused = sqlx::query_scalar!(
        "update automations set
                failures = case when $3 then failures + 1 when $5 then 0 else failed_imports end,
                failed_imports = case when not $5 then failed_imports when $3 then failed_imports + 1 else 0 end,
                next_run_at = case when $3 and not $5 and failures < $7 and next_run_at is not null
                                   then least(next_run_at, $8) else next_run_at end,
                paused_because = case when $3 then left($6, 1000) else paused_because end,
                enabled = enabled and not ($3 and failures + 1 >= pause_after),
                paused_at = case when $3 and failures + 1 >= pause_after and enabled then $4 else paused_at end
         where tenant_id = $1 and automation_id = $2
         returning not enabled and paused_at is not distinct from $4 as \"paused!\"",
        tenant.0,
        automation,
        failed,
        now,
        ended == Ended::Import,
        because,
        RETRIES,
        now + RETRY
    );
    Ok(paused.fetch_optional(&mut **tx).await.map_err(error)?.unwrap_or(false))
}

/// Locks an automation before any of its runs: otherwise two messages of one run could deadlock.
async fn lock(tx: &mut TenantTx, tenant: TenantId, automation: Uuid) -> Result<()> {
    let locked = sqlx::query!(
        "select from automations where tenant_id = $1 and automation_id = $2 for update",
        tenant.0,
        automation
    );
    locked.fetch_optional(&mut **tx).await.map_err(error)?;
    Ok(())
}
