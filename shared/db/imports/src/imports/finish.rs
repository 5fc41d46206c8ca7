//! The end of an import: totals, message and event, exactly once.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use messages::Text;
use product::ImportMode;
use runtime::{Result, TenantId};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::imports::batches::failed_batches;
use crate::imports::job::job;
use crate::{ImportJob, ImportStatus, ImportsDb, events};

impl ImportsDb {
    /// Puts the event that an automation was paused after failures into the outbox, once for each id `event`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn announce_pause(
        &self,
        tenant: TenantId,
        event: Uuid,
        automation: Uuid,
        name: &str,
        message: &str,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let detail = json!({ "tenant_id": tenant, "automation_id": automation, "name": name, "message": message });
        events::publish_once(&mut tx, tenant, event, "AutomationPaused", Json(detail), now).await?;
        tx.commit().await.map_err(error)
    }

    /// Completes an import whose batches are all settled. Returns it, and `true` if this call completed it: a second
    /// call does nothing. The database refuses to complete an import whose counts do not add up to the rows of its
    /// file.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn complete_import(
        &self,
        tenant: TenantId,
        import: Uuid,
        report_key: Option<&str>,
        stamp: &Stamp,
    ) -> Result<(ImportJob, bool)> {
        let now = stamp.at;
        let mut tx = begin(&self.pool, tenant).await?;
        let locked = sqlx::query_scalar!(
            "select status from import_jobs where tenant_id = $1 and import_id = $2 for update",
            tenant.0,
            import
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        let before = job(&mut tx, tenant, import).await?;
        if locked.as_deref() != Some(ImportStatus::Finishing.as_str()) {
            return Ok((before, false));
        }
        let failed_batches = failed_batches(&mut tx, tenant, import).await?;
        let (status, code, message) = verdict(&before, failed_batches);
        let message = message.into_string(before.options.language);
        sqlx::query!(
            "update import_jobs set status = $3, code = $4, message = $5, report_key = $6, finished_at = $7,
                    progressed_at = $7, created_rows = $8, updated_rows = $9, unchanged_rows = $10, skipped_rows = $11,
                    rejected_rows = $12
             where tenant_id = $1 and import_id = $2",
            tenant.0,
            import,
            status.as_str(),
            code,
            message,
            report_key,
            now,
            before.totals.created,
            before.totals.updated,
            before.totals.unchanged,
            before.totals.skipped,
            before.totals.rejected
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        events::note(&mut tx, tenant, import, status.as_str(), Some(&message), now).await?;
        announce(&mut tx, tenant, import, now).await?;
        let change = Change::new("import.finished", import).to(json!({ "status": status, "totals": before.totals }));
        record_change(&mut tx, tenant, stamp, change).await?;
        let done = job(&mut tx, tenant, import).await?;
        tx.commit().await.map_err(error)?;
        Ok((done, true))
    }
}

/// The status with which an import ends, its code, and the message for the seller.
fn verdict(job: &ImportJob, failed_batches: i64) -> (ImportStatus, &'static str, Text) {
    let totals = job.totals;
    let rows = totals.rows.unwrap_or_default();
    if rows == 0 {
        return (ImportStatus::Failed, "file_no_rows", messages::imports::no_rows());
    }
    if failed_batches > 0 {
        let all = failed_batches > 0 && totals.created + totals.updated + totals.unchanged + totals.skipped == 0;
        let status = if all { ImportStatus::Failed } else { ImportStatus::CompletedWithErrors };
        return (status, "batches_failed", messages::imports::rows_not_written());
    }
    if totals.rejected == rows {
        let message = messages::imports::all_rows_rejected(rows);
        return (ImportStatus::CompletedWithErrors, "all_rows_rejected", message);
    }
    let done = counted(job);
    if totals.rejected > 0 {
        let message = if totals.skipped > 0 {
            messages::imports::rows_rejected_and_skipped(totals.rejected, rows, done)
        } else {
            messages::imports::rows_rejected(totals.rejected, rows)
        };
        return (ImportStatus::CompletedWithErrors, "rows_rejected", message);
    }
    let message = match (totals.skipped, rows) {
        (0, 1) => messages::imports::one_row_imported(),
        (0, _) => messages::imports::all_rows_imported(rows),
        _ => messages::imports::rows_counted(rows, done),
    };
    (ImportStatus::Completed, "ok", message)
}

/// What became of the rows that were not rejected: the kinds that occurred, or that nothing was imported.
fn counted(job: &ImportJob) -> Text {
    use messages::imports as say;
    let totals = job.totals;
    // By the mode, products that exist are left alone; otherwise a row says why it was skipped.
    let skipped = if job.mode == ImportMode::Update {
        say::count_skipped(totals.skipped)
    } else {
        say::count_left_alone(totals.skipped)
    };
    let kinds = [
        (true, say::count_created(totals.created)),
        (totals.updated > 0, say::count_updated(totals.updated)),
        (totals.unchanged > 0, say::count_unchanged(totals.unchanged)),
        (totals.skipped > 0, skipped),
    ];
    let occurred = kinds.into_iter().filter(|(occurred, _)| *occurred).map(|(_, text)| text);
    occurred.reduce(say::counts_joined).unwrap_or_else(|| say::count_created(0))
}

/// Puts the event that the import has ended, or waits for a person, into the outbox.
pub(crate) async fn announce(tx: &mut TenantTx, tenant: TenantId, import: Uuid, now: OffsetDateTime) -> Result<()> {
    let job = job(tx, tenant, import).await?;
    let kind = match job.status {
        ImportStatus::Failed => "ImportFailed",
        ImportStatus::Held | ImportStatus::Ready => "ImportHeld",
        _ => "ImportCompleted",
    };
    let holds: Vec<&str> = job.holds.iter().map(|hold| hold.message.shown(job.options.language)).collect();
    let began = job.uploaded_at.unwrap_or(job.created_at);
    let detail = json!({
        "tenant_id": tenant,
        "job_id": import,
        "kind": "import",
        "status": job.status,
        "name": job.file_name,
        "message": if kind == "ImportHeld" { holds.join("; ") } else { job.message.unwrap_or_default() },
        "created_by": job.created_by,
        "automation_id": job.automation_id,
        "created": job.totals.created,
        "updated": job.totals.updated,
        "unchanged": job.totals.unchanged,
        "skipped": job.totals.skipped,
        "total": job.totals.rows.unwrap_or_default(),
        "failed": job.totals.rejected,
        "duration_ms": i64::try_from((now - began).whole_milliseconds()).unwrap_or(i64::MAX).max(0),
        "finished_at": now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default(),
    });
    events::publish_later(tx, tenant, kind, Json(detail), now).await
}

#[cfg(test)]
mod tests {
    use product::ImportMode;

    use super::*;
    use crate::{ImportOptions, ImportProgress, ImportTotals, Run};

    fn job(totals: ImportTotals) -> ImportJob {
        ImportJob {
            id: Uuid::nil(),
            status: ImportStatus::Finishing,
            file_name: "f.csv".into(),
            size_bytes: 1,
            supplier_id: None,
            supplier_name: None,
            mode: ImportMode::Update,
            options: ImportOptions::default(),
            run: Run::Apply,
            holds: Vec::new(),
            warnings: Vec::new(),
            let_through: Vec::new(),
            content_hash: None,
            created_by: None,
            automation_id: None,
            absent_products: 0,
            undone_by: None,
            previewed_at: None,
            layout: None,
            code: None,
            message: None,
            totals,
            progress: ImportProgress { percent: 0, rows: 0 },
            created_at: OffsetDateTime::UNIX_EPOCH,
            uploaded_at: None,
            parsed_at: None,
            finished_at: None,
            object_key: String::new(),
            object_version: None,
            report_key: None,
        }
    }

    #[test]
    fn an_import_ends_as_its_rows_did() {
        let end = |created, rejected, failed| {
            let rows = Some(created + rejected);
            verdict(&job(ImportTotals { rows, created, rejected, ..ImportTotals::default() }), failed)
        };
        assert_eq!(end(2, 0, 0).0, ImportStatus::Completed);
        assert_eq!((end(2, 1, 0).0, end(2, 1, 0).1), (ImportStatus::CompletedWithErrors, "rows_rejected"));
        assert_eq!(end(0, 3, 0).1, "all_rows_rejected");
        assert_eq!((end(0, 0, 0).0, end(0, 0, 0).1), (ImportStatus::Failed, "file_no_rows"));
        assert_eq!(end(0, 3, 1).0, ImportStatus::Failed);
        assert_eq!(end(3, 3, 1).0, ImportStatus::CompletedWithErrors);
    }
}
