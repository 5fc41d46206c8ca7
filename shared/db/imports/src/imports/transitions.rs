//! Changes of an import's status that do not come from its batches: by a person, a guard, or new choices.

use db_tenancy::{Change, Stamp, begin, error, record_change};
use messages::Text;
use product::ImportMode;
use runtime::{Error, Result, TenantId};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::events::note;
use crate::imports::job::job;
use crate::{FileNotice, ImportJob, ImportOptions, ImportStatus, ImportsDb, Run};

/// How an import is read again.
pub struct Restart {
    /// How far it runs without a person.
    pub run: Run,
    /// What to do with products that already exist.
    pub mode: ImportMode,
    /// What else the seller chose.
    pub options: ImportOptions,
}

/// Statuses in which an import waits for a person, and from which it can be read again.
const RESTING: [&str; 4] = ["uploaded", "ready", "held", "failed"];

impl ImportsDb {
    /// Notes that the file of an import with run `inspect` arrived. Returns `true` if it is such an import.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_upload(
        &self,
        tenant: TenantId,
        id: Uuid,
        version: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let noted = sqlx::query!(
            "update import_jobs set status = 'uploaded', uploaded_at = $4, progressed_at = $4, object_version = $3
             where tenant_id = $1 and import_id = $2 and status = 'awaiting_upload' and run = 'inspect'",
            tenant.0,
            id,
            version,
            now
        );
        let noted = noted.execute(&mut *tx).await.map_err(error)?.rows_affected() > 0;
        if noted {
            note(&mut tx, tenant, id, "uploaded", None, now).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(noted)
    }

    /// Starts to read the file of a waiting import again, with new choices. The results of an earlier reading are
    /// deleted.
    ///
    /// # Errors
    /// 409 when the import is under way or has ended, or its file has not arrived.
    pub async fn restart(&self, tenant: TenantId, id: Uuid, restart: &Restart, stamp: &Stamp) -> Result<ImportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        let resting: Vec<String> = RESTING.iter().map(|status| (*status).to_owned()).collect();
        let restarted = sqlx::query!(
            "update import_jobs set status = 'parsing', run = $3, mode = $4, options = $5, holds = '[]', let_through = '{}',
                    warnings = '[]', code = null, message = null, finished_at = null, parsed_at = null, previewed_at = null,
                    total_rows = null, total_batches = null, report_key = null, progressed_at = $6, resumes = 0, absent_products = 0
             where tenant_id = $1 and import_id = $2 and status = any($7) and uploaded_at is not null and undone_by is null",
            tenant.0,
            id,
            restart.run.as_str(),
            restart.mode.as_str(),
            Json(&restart.options) as _,
            stamp.at,
            &resting
        );
        if restarted.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(not_now(&job(&mut tx, tenant, id).await?, messages::imports::cannot_be_read_again));
        }
        // The catalogue remembers a written batch by its id. The batches of the new reading get other ids.
        sqlx::query!("delete from import_row_errors where tenant_id = $1 and import_id = $2", tenant.0, id)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        sqlx::query!("delete from import_batches where tenant_id = $1 and import_id = $2", tenant.0, id)
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        note(&mut tx, tenant, id, "started", Some(restart.run.as_str()), stamp.at).await?;
        record_change(&mut tx, tenant, stamp, Change::new("import.started", id).to(json!({ "run": restart.run })))
            .await?;
        let started = job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(started)
    }

    /// Ends the check of a preview: the import is held, waits, or is applied. A second call does nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn judge(
        &self,
        tenant: TenantId,
        id: Uuid,
        holds: &[FileNotice],
        now: OffsetDateTime,
    ) -> Result<ImportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        let locked = sqlx::query_scalar!(
            "select status from import_jobs where tenant_id = $1 and import_id = $2 for update",
            tenant.0,
            id
        );
        let status = locked.fetch_optional(&mut *tx).await.map_err(error)?;
        let before = job(&mut tx, tenant, id).await?;
        if status.as_deref() != Some(ImportStatus::Judging.as_str()) {
            return Ok(before);
        }
        let language = before.options.language;
        let holds: Vec<FileNotice> = holds.iter().map(|hold| hold.in_only(language)).collect();
        let next = match (before.run, holds.is_empty()) {
            (Run::Preview, _) => ImportStatus::Ready,
            (_, false) => ImportStatus::Held,
            (_, true) => ImportStatus::Applying,
        };
        sqlx::query!(
            "update import_jobs set status = $3, holds = $4, previewed_at = $5, progressed_at = $5, resumes = 0
             where tenant_id = $1 and import_id = $2",
            tenant.0,
            id,
            next.as_str(),
            Json(&holds) as _,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let messages: Vec<&str> = holds.iter().map(|hold| hold.message.shown(language)).collect();
        let detail = Some(messages.join("; ")).filter(|text| !text.is_empty());
        note(&mut tx, tenant, id, "previewed", Some(preview_totals(&before).shown(language)), now).await?;
        match next {
            ImportStatus::Held => {
                note(&mut tx, tenant, id, "held", detail.as_deref(), now).await?;
                crate::imports::finish::announce(&mut tx, tenant, id, now).await?;
            }
            ImportStatus::Applying => reopen(&mut tx, tenant, id).await?,
            // An automation has no person who waits for the preview, so it is announced.
            _ if before.automation_id.is_some() => crate::imports::finish::announce(&mut tx, tenant, id, now).await?,
            _ => {}
        }
        let judged = job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(judged)
    }

    /// Starts to apply a previewed import, even if guards held it.
    ///
    /// # Errors
    /// 409 when it is not previewed.
    pub async fn release(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<ImportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        let held = job(&mut tx, tenant, id).await?;
        let codes: Vec<String> = held.holds.iter().map(|hold| hold.code.clone()).collect();
        let released = sqlx::query!(
            "update import_jobs set status = 'applying', run = 'apply', let_through = $3, progressed_at = $4, resumes = 0
             where tenant_id = $1 and import_id = $2 and status in ('ready', 'held')",
            tenant.0,
            id,
            &codes,
            stamp.at
        );
        if released.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(not_now(&held, messages::imports::cannot_be_applied));
        }
        reopen(&mut tx, tenant, id).await?;
        let detail = Some(codes.join(", ")).filter(|codes| !codes.is_empty());
        note(&mut tx, tenant, id, "released", detail.as_deref(), stamp.at).await?;
        let change = Change::new("import.released", id).to(json!({ "let_through": codes }));
        record_change(&mut tx, tenant, stamp, change).await?;
        let released = job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(released)
    }

    /// Stops an import. What is already applied stays.
    ///
    /// # Errors
    /// 409 when it has ended.
    pub async fn cancel_import(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<ImportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        let before = job(&mut tx, tenant, id).await?;
        let message = match before.status {
            ImportStatus::Applying => messages::imports::stopped_while_applied(),
            _ => messages::imports::stopped_before_changes(),
        };
        let message = message.into_string(before.options.language);
        let cancelled = sqlx::query!(
            "update import_jobs set status = 'cancelled', code = 'cancelled', message = $3, finished_at = $4, progressed_at = $4
             where tenant_id = $1 and import_id = $2
               and status not in ('finishing', 'completed', 'completed_with_errors', 'failed', 'cancelled')",
            tenant.0,
            id,
            message,
            stamp.at
        );
        if cancelled.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(not_now(&before, messages::imports::cannot_be_cancelled));
        }
        note(&mut tx, tenant, id, "cancelled", Some(&message), stamp.at).await?;
        record_change(&mut tx, tenant, stamp, Change::new("import.cancelled", id)).await?;
        crate::imports::finish::announce(&mut tx, tenant, id, stamp.at).await?;
        let cancelled = job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(cancelled)
    }

    /// Notes which job of the catalogue undoes an import.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_undo(&self, tenant: TenantId, id: Uuid, undo: Uuid, now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update import_jobs set undone_by = $3 where tenant_id = $1 and import_id = $2",
            tenant.0,
            id,
            undo
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        note(&mut tx, tenant, id, "undone", None, now).await?;
        tx.commit().await.map_err(error)
    }

    /// Notes the object key of the report of the rejected rows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_report(&self, tenant: TenantId, id: Uuid, key: Option<&str>, now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update import_jobs set report_key = $3, progressed_at = $4 where tenant_id = $1 and import_id = $2",
            tenant.0,
            id,
            key,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Notes how many products were archived or put out of stock because the file does not have them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_absent(&self, tenant: TenantId, id: Uuid, count: i64, now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query!(
            "update import_jobs set absent_products = $3, progressed_at = $4 where tenant_id = $1 and import_id = $2",
            tenant.0,
            id,
            i32::try_from(count).unwrap_or(i32::MAX),
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }
}

/// Resets the batches of a previewed import, so that they are applied.
async fn reopen(tx: &mut db_tenancy::TenantTx, tenant: TenantId, id: Uuid) -> Result<()> {
    sqlx::query!(
        "update import_batches set status = 'parsed', dispatched_at = null, created_rows = 0, updated_rows = 0, unchanged_rows = 0,
                skipped_rows = 0, rejected_rows = 0
         where tenant_id = $1 and import_id = $2",
        tenant.0,
        id
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}

/// The totals of a preview, as a sentence.
fn preview_totals(job: &ImportJob) -> Text {
    let totals = job.totals;
    messages::imports::preview_totals(totals.created, totals.updated, totals.unchanged, totals.skipped, totals.rejected)
}

/// The error for an import whose status does not allow the action; `message` makes the message from the status.
fn not_now(job: &ImportJob, message: impl Fn(Text) -> Text) -> Error {
    let status = job.status.label();
    let status = if job.undone_by.is_some() { messages::imports::status_and_undone(status) } else { status };
    Error::Conflict { code: "import_not_resting", message: message(status) }
}
