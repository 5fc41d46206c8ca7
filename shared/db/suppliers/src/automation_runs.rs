//! The looks of automations, and how failures pause one.

use db_tenancy::{TenantTx, begin, error};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::automations::read;
use crate::{AutomationRun, RunEnd, SuppliersDb};

/// A look that is under way blocks another one for so long.
const RUN_MINUTES: i64 = 15;
/// A look that fails is made again after so long, so often, before its schedule says so.
const RETRY: time::Duration = time::Duration::minutes(15);
const RETRIES: i32 = 3;
/// Of a look whose process was killed.
const KILLED: &str = "the look ended without a word";

/// What counts as a failure, or as none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Look,
    Import,
}

impl SuppliersDb {
    /// Begins a look, unless it has ended already, or looks elsewhere while another one does. One whose process was killed
    /// begins again.
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
        let dead = sqlx::query!(
            "update automation_runs set status = 'failed', finished_at = $4, message = $5
             where tenant_id = $1 and automation_id = $2 and run_id <> $3 and status = 'running' and started_at <= $6",
            tenant.0,
            automation,
            run,
            now,
            KILLED,
            now - time::Duration::minutes(RUN_MINUTES)
        );
        if dead.execute(&mut *tx).await.map_err(error)?.rows_affected() > 0 {
            count(&mut tx, tenant, automation, true, Of::Look, KILLED, now).await?;
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

    /// Ends a look. Gives whether the automation pauses because of it. A look that has ended stays as it ended;
    /// only, of two messages of one look the one that imported something is heard.
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
            Some(failed) => count(&mut tx, tenant, automation, failed, Of::Look, end.message, now).await?,
            None => false,
        };
        tx.commit().await.map_err(error)?;
        Ok(paused)
    }

    /// Counts how an import of an automation ended: why it failed, if it did. Gives whether the automation pauses because of it.
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
        let told = failed.unwrap_or_default();
        let paused = count(&mut tx, tenant, automation, failed.is_some(), Of::Import, told, now).await?;
        tx.commit().await.map_err(error)?;
        Ok(paused)
    }

    /// Notes a look that was asked for and not made, because another one is under way.
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

    /// Forgets looks that began earlier, of every organisation; gives how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_automation_runs(&self, before: OffsetDateTime, most: i32) -> Result<i64> {
        let gone = sqlx::query_scalar!(r#"select forget_automation_runs($1, $2) as "gone!""#, before, most);
        gone.fetch_one(&self.pool).await.map_err(error)
    }

    /// The looks of an automation, the newest first.
    ///
    /// # Errors
    /// 404 when there is no such automation.
    pub async fn automation_runs(
        &self,
        tenant: TenantId,
        automation: Uuid,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<AutomationRun>> {
        let mut tx = begin(&self.pool, tenant).await?;
        read(&mut tx, tenant, Some(automation), None, 1).await?.pop().ok_or(Error::NotFound("automation"))?;
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

/// Counts failures in a row; gives whether the automation pauses because of this one. A look that finds nothing ends a row of
/// looks that failed, and not one of imports. A look that failed is made again soon.
async fn count(
    tx: &mut TenantTx,
    tenant: TenantId,
    automation: Uuid,
    failed: bool,
    of: Of,
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
        of == Of::Import,
        because,
        RETRIES,
        now + RETRY
    );
    Ok(paused.fetch_optional(&mut **tx).await.map_err(error)?.unwrap_or(false))
}

/// Locks an automation, before any of its looks: two messages of one look would otherwise wait for each other.
async fn lock(tx: &mut TenantTx, tenant: TenantId, automation: Uuid) -> Result<()> {
    let locked = sqlx::query!(
        "select from automations where tenant_id = $1 and automation_id = $2 for update",
        tenant.0,
        automation
    );
    locked.fetch_optional(&mut **tx).await.map_err(error)?;
    Ok(())
}
