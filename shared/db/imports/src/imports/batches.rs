//! The batches of an import: registered by the parser, sent a few at a time, counted once.

use std::collections::{BTreeMap, HashMap};

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use product::Outcome;
use runtime::{Error, Result, TenantId};
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::imports::batch_record::BatchRecord;
use crate::imports::row_issues;
use crate::{FileNotice, ImportStatus, ImportsDb, Run};

/// A batch that the parser wrote.
pub struct NewBatch {
    /// Its place in the file, from 0.
    pub number: i32,
    /// The object key of its rows.
    pub object_key: String,
    /// How many rows it has.
    pub rows: i32,
    /// 0; or 1 for variants, which wait for their parent products.
    pub phase: i16,
}

/// A file that was read to its end.
#[derive(Clone, Copy, Debug)]
pub struct ReadRows<'r> {
    /// How many rows it has.
    pub rows: i32,
    /// How many batches they fill.
    pub batches: i32,
    /// For each batch, the rows that a later row replaces, as (row, later row).
    pub superseded: &'r BTreeMap<i32, Vec<(i32, i32)>>,
    /// The SHA-256 of the file, in hexadecimal.
    pub content_hash: &'r str,
    /// The reasons why guards hold the import.
    pub holds: &'r [FileNotice],
    /// The warnings about the file.
    pub warnings: &'r [FileNotice],
}

impl ImportsDb {
    /// Registers a batch. A batch that is already registered keeps its id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn register_batch(
        &self,
        tenant: TenantId,
        import: Uuid,
        new: &NewBatch,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        // The import is locked before its batches, as everywhere, to avoid deadlocks.
        sqlx::query!(
            "update import_jobs set progressed_at = $3, resumes = 0 where tenant_id = $1 and import_id = $2",
            tenant.0,
            import,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "insert into import_batches (tenant_id, import_id, number, batch_id, object_key, total_rows, status, phase)
             values ($1, $2, $3, $4, $5, $6, 'parsed', $7) on conflict (tenant_id, import_id, number) do update
             set object_key = excluded.object_key, total_rows = excluded.total_rows where import_batches.status = 'parsed'",
            tenant.0,
            import,
            new.number,
            Uuid::now_v7(),
            new.object_key,
            new.rows,
            new.phase
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Notes that the file was read to its end. Before that no batch is written to the catalogue, so that a file that
    /// cannot be read changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finish_parsing(
        &self,
        tenant: TenantId,
        import: Uuid,
        read: &ReadRows<'_>,
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        lock_job(&mut tx, tenant, import).await?;
        let numbers: Vec<i32> = read.superseded.keys().copied().collect();
        let pairs: Vec<Value> = read.superseded.values().map(|pairs| json!(pairs)).collect();
        let before = crate::imports::job::job(&mut tx, tenant, import).await?;
        let preview = before.run == Run::Preview || before.options.needs_preview() || !read.holds.is_empty();
        let in_its_language =
            |notes: &[FileNotice]| notes.iter().map(|note| note.in_only(before.options.language)).collect::<Vec<_>>();
        let (holds, warnings) = (in_its_language(read.holds), in_its_language(read.warnings));
        sqlx::query!(
            "update import_batches b set superseded = s.pairs from unnest($3::int[], $4::jsonb[]) as s(number, pairs)
             where b.tenant_id = $1 and b.import_id = $2 and b.number = s.number and b.status = 'parsed'",
            tenant.0,
            import,
            &numbers,
            &pairs
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        sqlx::query!(
            "update import_jobs set total_rows = $3, total_batches = $4, parsed_at = $5, progressed_at = $5, content_hash = $6,
                    holds = $7, warnings = warnings || $9, status = case when $8 then 'previewing' else 'applying' end
             where tenant_id = $1 and import_id = $2 and status = 'parsing'",
            tenant.0,
            import,
            read.rows,
            read.batches,
            now,
            read.content_hash,
            Json(holds) as _,
            preview,
            Json(warnings) as _
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Claims the next batches to be sent, so that at most `window` batches of the import are under way: a large import
    /// leaves room for others. Returns no batches unless the import is being previewed or applied. Batches that were
    /// sent before `stale` and are not settled are claimed again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim_batches(
        &self,
        tenant: TenantId,
        import: Uuid,
        window: i64,
        stale: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Vec<BatchRecord>> {
        let mut tx = begin(&self.pool, tenant).await?;
        lock_job(&mut tx, tenant, import).await?;
        let claimed = sqlx::query_as!(
            BatchRecord,
            "with under_way as (
                select count(*) as batches from import_batches
                where tenant_id = $1 and import_id = $2 and status = 'dispatched' and dispatched_at >= $4
             )
             update import_batches b set status = 'dispatched', dispatched_at = $5
             from (
                select number from import_batches
                where tenant_id = $1 and import_id = $2
                  and (status = 'parsed' or (status = 'dispatched' and dispatched_at < $4))
                  and exists (
                      select from import_jobs j
                      where j.tenant_id = $1 and j.import_id = $2 and j.status in ('applying', 'previewing'))
                  -- Variants wait for the products that they belong to.
                  and not exists (
                      select from import_batches earlier
                      where earlier.tenant_id = $1 and earlier.import_id = $2 and earlier.phase < import_batches.phase
                        and earlier.status in ('parsed', 'dispatched'))
                order by number limit greatest($3 - (select batches from under_way), 0)
             ) due
             where b.tenant_id = $1 and b.import_id = $2 and b.number = due.number
             returning b.number, b.batch_id as id, b.object_key, b.total_rows as rows, b.phase, false as \"settled!\",
                       b.superseded as \"superseded: Json<Vec<(i32, i32)>>\"",
            tenant.0,
            import,
            window,
            stale,
            now
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(claimed)
    }

    /// Returns a batch.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn batch(&self, tenant: TenantId, import: Uuid, number: i32) -> Result<BatchRecord> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query_as!(
            BatchRecord,
            "select number, batch_id as id, object_key, total_rows as rows, phase, status in ('applied', 'failed') as \"settled!\",
                    superseded as \"superseded: Json<Vec<(i32, i32)>>\"
             from import_batches where tenant_id = $1 and import_id = $2 and number = $3",
            tenant.0,
            import,
            number
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or_else(|| Error::NotFound(messages::things::batch()))
    }

    /// Counts the result of a batch that was written or previewed while the import had the status `seen`. A second call
    /// for the same batch counts nothing. A batch that was given up stays so until the import is resumed; then it is
    /// found written. The result is ignored if the import has another status meanwhile (applied after its preview, or
    /// read again). `columns` names the column that fills a field. Returns `true` if it was the last batch of the
    /// import: then the caller must send the finish message.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle_batch(
        &self,
        tenant: TenantId,
        import: Uuid,
        seen: ImportStatus,
        batch: &BatchRecord,
        outcome: &Outcome,
        columns: &HashMap<String, String>,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        lock_job(&mut tx, tenant, import).await?;
        let settled = sqlx::query!(
            "update import_batches set status = 'applied', created_rows = $5, updated_rows = $6, unchanged_rows = $7,
                    skipped_rows = $8, rejected_rows = $9
             where tenant_id = $1 and import_id = $2 and batch_id = $3 and status in ('parsed', 'dispatched')
               and exists (select from import_jobs j where j.tenant_id = $1 and j.import_id = $2 and j.status = $4)",
            tenant.0,
            import,
            batch.id,
            seen.as_str(),
            outcome.created,
            outcome.updated,
            outcome.unchanged,
            outcome.skipped,
            outcome.rejected
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        if settled.rows_affected() > 0 {
            sqlx::query!(
                "update import_jobs set resumes = 0 where tenant_id = $1 and import_id = $2",
                tenant.0,
                import
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            row_issues::replace(&mut tx, tenant, import, batch, &outcome.issues, columns).await?;
        }
        let last = finish_when_settled(&mut tx, tenant, import, now).await?;
        tx.commit().await.map_err(error)?;
        Ok(last)
    }

    /// Gives up a batch of an import that has the status `seen`. Its rows count as rejected until the import is
    /// resumed. Returns `true` if it was the last batch.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fail_batch(
        &self,
        tenant: TenantId,
        import: Uuid,
        seen: ImportStatus,
        batch: &BatchRecord,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        lock_job(&mut tx, tenant, import).await?;
        sqlx::query!(
            "update import_batches set status = 'failed', rejected_rows = total_rows
             where tenant_id = $1 and import_id = $2 and batch_id = $3 and status in ('parsed', 'dispatched')
               and exists (select from import_jobs j where j.tenant_id = $1 and j.import_id = $2 and j.status = $4)",
            tenant.0,
            import,
            batch.id,
            seen.as_str()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let last = finish_when_settled(&mut tx, tenant, import, now).await?;
        tx.commit().await.map_err(error)?;
        Ok(last)
    }

    /// Gives up every batch that is not settled, and moves the import to its finish. Returns `true` if the import must
    /// be finished.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fail_open_batches(&self, tenant: TenantId, import: Uuid, now: OffsetDateTime) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        lock_job(&mut tx, tenant, import).await?;
        sqlx::query!(
            "update import_batches set status = 'failed', rejected_rows = total_rows
             where tenant_id = $1 and import_id = $2 and status in ('parsed', 'dispatched')",
            tenant.0,
            import
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let last = finish_when_settled(&mut tx, tenant, import, now).await?;
        tx.commit().await.map_err(error)?;
        Ok(last)
    }

    /// Whether a batch of an import was given up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_failed_batches(&self, tenant: TenantId, import: Uuid) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        Ok(failed_batches(&mut tx, tenant, import).await? > 0)
    }

    /// Moves an import without open batches to its finish. Returns `true` if it must be finished.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle_import(&self, tenant: TenantId, import: Uuid, now: OffsetDateTime) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        lock_job(&mut tx, tenant, import).await?;
        let last = finish_when_settled(&mut tx, tenant, import, now).await?;
        tx.commit().await.map_err(error)?;
        Ok(last)
    }

    /// Opens the batches that were given up again, so that they are written: the import is applied again. Returns how
    /// many; 0 for an import that was only previewed, cancelled or undone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reopen_failed_batches(&self, tenant: TenantId, import: Uuid, stamp: &Stamp) -> Result<u64> {
        let now = stamp.at;
        let mut tx = begin(&self.pool, tenant).await?;
        lock_job(&mut tx, tenant, import).await?;
        let reopened = sqlx::query!(
            "update import_batches set status = 'parsed', rejected_rows = 0
             where tenant_id = $1 and import_id = $2 and status = 'failed'
               and exists (select from import_jobs j where j.tenant_id = $1 and j.import_id = $2 and j.undone_by is null
                           and (j.status in ('applying', 'finishing', 'completed_with_errors')
                                or j.status = 'failed' and j.code = 'batches_failed'))",
            tenant.0,
            import
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?
        .rows_affected();
        if reopened > 0 {
            sqlx::query!(
                "update import_jobs set status = 'applying', code = null, message = null, finished_at = null, progressed_at = $3, resumes = 0
                 where tenant_id = $1 and import_id = $2",
                tenant.0,
                import,
                now
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            crate::events::note(&mut tx, tenant, import, "resumed", None, now).await?;
            let resumed = Change::new("import.resumed", import).to(json!({ "batches": reopened }));
            record_change(&mut tx, tenant, stamp, resumed).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(reopened)
    }
}

/// Counts the batches that were given up.
pub(crate) async fn failed_batches(tx: &mut TenantTx, tenant: TenantId, import: Uuid) -> Result<i64> {
    let count = sqlx::query_scalar!(
        "select count(*) as \"count!\" from import_batches where tenant_id = $1 and import_id = $2 and status = 'failed'",
        tenant.0,
        import
    );
    count.fetch_one(&mut **tx).await.map_err(error)
}

/// Locks the import. Without the lock, two batches that settle at the same time would each see the other as unfinished.
async fn lock_job(tx: &mut TenantTx, tenant: TenantId, import: Uuid) -> Result<()> {
    sqlx::query!("select from import_jobs where tenant_id = $1 and import_id = $2 for update", tenant.0, import)
        .fetch_optional(&mut **tx)
        .await
        .map_err(error)?
        .ok_or_else(|| Error::NotFound(messages::things::import()))?;
    Ok(())
}

/// Moves the import to its finish when no batch is left. Returns `true` if it must be finished.
async fn finish_when_settled(tx: &mut TenantTx, tenant: TenantId, import: Uuid, now: OffsetDateTime) -> Result<bool> {
    let moved = sqlx::query!(
        "update import_jobs j set progressed_at = $3, status = case when exists (
                select from import_batches b where b.tenant_id = $1 and b.import_id = $2 and b.status in ('parsed', 'dispatched')
             ) then status when status in ('previewing', 'judging') then 'judging' else 'finishing' end
         where tenant_id = $1 and import_id = $2 and status in ('previewing', 'judging', 'applying', 'finishing')
         returning status",
        tenant.0,
        import,
        now
    )
    .fetch_optional(&mut **tx)
    .await
    .map_err(error)?;
    Ok(moved.is_some_and(|job| matches!(job.status.as_str(), "finishing" | "judging")))
}
