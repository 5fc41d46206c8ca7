//! Import jobs. Each one is a row whose status only moves forward, except when a job is resumed or read again.

use std::collections::HashMap;

use db_tenancy::{Change, Stamp, begin, error, record_change};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::imports::job::{job, jobs};
use crate::requests::{KEYS_ARE_KEPT, same_request};
use crate::{FileLayout, FileNotice, ImportJob, ImportStatus, ImportsDb, NewImport, Run};

/// A file in parsing without progress for this long is not counted: its parser was killed.
const KILLED_AFTER: time::Duration = time::Duration::minutes(2);

/// What is to be done with an uploaded file.
#[derive(Debug)]
pub enum ParseClaim {
    /// It is to be parsed, by the caller.
    Parse(Box<ImportJob>),
    /// It waits, because the organisation has as many files in parsing as it may have.
    Later(Box<ImportJob>),
    /// Nothing: the import does not wait for this file.
    Nothing,
}

impl ImportsDb {
    /// Creates an import. If one was created before with the same key, returns that one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create_import(&self, tenant: TenantId, new: &NewImport, stamp: &Stamp) -> Result<ImportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        if new.request_hash.is_some() {
            // A caller's key is kept for a day.
            sqlx::query!(
                "update import_jobs set idempotency_key = null
                 where tenant_id = $1 and idempotency_key = $2 and created_at < $3",
                tenant.0,
                new.idempotency_key,
                stamp.at - KEYS_ARE_KEPT
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        }
        sqlx::query!(
            "insert into import_jobs (tenant_id, import_id, status, file_name, size_bytes, object_key, supplier_id,
                    supplier_name, mode, options, idempotency_key, created_by, created_at, progressed_at, run, automation_id,
                    request_hash)
             values ($1, $2, 'awaiting_upload', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15)
             on conflict on constraint import_jobs_idempotency_key do nothing",
            tenant.0,
            new.id,
            new.file_name,
            new.size_bytes,
            new.object_key,
            new.supplier.as_ref().map(|supplier| supplier.0),
            new.supplier.as_ref().map(|supplier| supplier.1.as_str()),
            new.mode.as_str(),
            Json(&new.options) as _,
            new.idempotency_key,
            stamp.actor(),
            stamp.at,
            new.run.as_str(),
            new.automation,
            new.request_hash.as_ref().map(<[u8; 32]>::as_slice)
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let found = sqlx::query!(
            "select import_id as id, request_hash from import_jobs
             where tenant_id = $1 and (import_id = $2 or idempotency_key = $3)",
            tenant.0,
            new.id,
            new.idempotency_key
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(error)?;
        let id = same_request(found.id, found.request_hash.as_deref(), new.request_hash)?;
        let job = job(&mut tx, tenant, id).await?;
        if id == new.id {
            let created = Change::new("import.created", id).to(json!({ "file_name": job.file_name, "mode": job.mode }));
            record_change(&mut tx, tenant, stamp, created).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(job)
    }

    /// Returns the file names of imports by their ids, for a history that names imports.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn file_names(&self, tenant: TenantId, imports: &[Uuid]) -> Result<HashMap<Uuid, String>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select import_id, file_name from import_jobs where tenant_id = $1 and import_id = any($2)",
            tenant.0,
            imports
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (row.import_id, row.file_name)).collect())
    }

    /// Returns an import.
    ///
    /// # Errors
    /// 404 when the tenant has no import with this id.
    pub async fn import(&self, tenant: TenantId, id: Uuid) -> Result<ImportJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await
    }

    /// Lists the imports, the newest first. `before` is the last id of the previous page.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn imports(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<ImportJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let jobs = jobs(&mut tx, tenant, None, before, limit + 1).await?;
        Ok(Page::cut(jobs, limit, |job| Cursor::Id(job.id)))
    }

    /// Claims an uploaded file for parsing. The first upload counts. When its notification is delivered again, the
    /// import is already parsing and continues. An organisation has at most `most` files in parsing at a time, so that
    /// the files of others do not wait for its.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_parsing(
        &self,
        tenant: TenantId,
        id: Uuid,
        version: Option<&str>,
        most: i64,
        now: OffsetDateTime,
    ) -> Result<ParseClaim> {
        let mut tx = begin(&self.pool, tenant).await?;
        // One claim of an organisation at a time, or two would count the same files.
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", format!("parsing {tenant}"))
            .execute(&mut *tx)
            .await
            .map_err(error)?;
        let waiting = job(&mut tx, tenant, id).await?;
        let uploaded = waiting.status == ImportStatus::AwaitingUpload && waiting.run != Run::Inspect;
        if !uploaded && waiting.status != ImportStatus::Parsing {
            return Ok(ParseClaim::Nothing);
        }
        // A parser that made no progress for long was killed; the sweeper starts it again. Of imports that are read again
        // (they are in parsing already) the oldest ones go first, so that they do not wait for each other.
        let parsing = sqlx::query_scalar!(
            r#"select count(*) as "count!" from import_jobs
               where tenant_id = $1 and status = 'parsing' and import_id <> $2 and progressed_at > $3
                 and ($4 or import_id < $2)"#,
            tenant.0,
            id,
            now - KILLED_AFTER,
            uploaded
        );
        if parsing.fetch_one(&mut *tx).await.map_err(error)? >= most {
            // It waits and has not stopped: the sweeper has nothing to resume. The first upload counts also when it waits.
            sqlx::query!(
                "update import_jobs set progressed_at = $3, resumes = 0, uploaded_at = coalesce(uploaded_at, $3),
                        object_version = coalesce(object_version, $4)
                 where tenant_id = $1 and import_id = $2",
                tenant.0,
                id,
                now,
                version
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            let waiting = job(&mut tx, tenant, id).await?;
            tx.commit().await.map_err(error)?;
            return Ok(ParseClaim::Later(Box::new(waiting)));
        }
        let claimed = sqlx::query_scalar!(
            "update import_jobs set status = 'parsing', uploaded_at = coalesce(uploaded_at, $4), progressed_at = $4,
                    object_version = coalesce(object_version, $3)
             where tenant_id = $1 and import_id = $2
               and (status = 'awaiting_upload' and run <> 'inspect' and (object_version is null or object_version = $3)
                    or status = 'parsing' and object_version is not distinct from $3)
             returning import_id",
            tenant.0,
            id,
            version,
            now
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        let claim = match claimed {
            Some(id) => ParseClaim::Parse(Box::new(job(&mut tx, tenant, id).await?)),
            None => ParseClaim::Nothing,
        };
        tx.commit().await.map_err(error)?;
        Ok(claim)
    }

    /// Stores what was found in the file, in the import's language.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_layout(
        &self,
        tenant: TenantId,
        id: Uuid,
        layout: &FileLayout,
        columns_hash: &str,
        warnings: &[FileNotice],
        now: OffsetDateTime,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let language = job(&mut tx, tenant, id).await?.options.language;
        let layout = layout.in_only(language);
        let warnings: Vec<FileNotice> = warnings.iter().map(|warning| warning.in_only(language)).collect();
        sqlx::query!(
            "update import_jobs set layout = $3, columns_hash = $4, warnings = $5, progressed_at = $6
             where tenant_id = $1 and import_id = $2",
            tenant.0,
            id,
            Json(layout) as _,
            columns_hash,
            Json(warnings) as _,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Ends an import that cannot continue, if it still has the status `seen`: another delivery may have continued it
    /// meanwhile. Returns the ended import; `None` if it had another status.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fail_import(
        &self,
        tenant: TenantId,
        id: Uuid,
        seen: ImportStatus,
        code: &str,
        message: &str,
        now: OffsetDateTime,
    ) -> Result<Option<ImportJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let failed = sqlx::query!(
            "update import_jobs set status = 'failed', code = $3, message = $4, finished_at = $5, progressed_at = $5
             where tenant_id = $1 and import_id = $2 and status = $6",
            tenant.0,
            id,
            code,
            message,
            now,
            seen.as_str()
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        if failed.rows_affected() == 0 {
            return Ok(None);
        }
        crate::events::note(&mut tx, tenant, id, "failed", Some(message), now).await?;
        crate::imports::finish::announce(&mut tx, tenant, id, now).await?;
        let ended = job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(Some(ended))
    }

    /// Lists the unfinished imports of all tenants without progress since `older_than`, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stalled_imports(&self, older_than: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let stalled = sqlx::query!(
            "select tenant_id as \"tenant_id!\", import_id as \"import_id!\" from stalled_imports($1, $2)",
            older_than,
            most
        );
        let stalled = stalled.fetch_all(&self.pool).await.map_err(error)?;
        Ok(stalled.into_iter().map(|row| (TenantId(row.tenant_id), row.import_id)).collect())
    }

    /// Notes that the sweeper resumes an import. Returns how many times it was resumed without progress.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_resume(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<i32> {
        let mut tx = begin(&self.pool, tenant).await?;
        let resumes = sqlx::query_scalar!(
            "update import_jobs set progressed_at = $3, resumes = resumes + 1 where tenant_id = $1 and import_id = $2 returning resumes",
            tenant.0,
            id,
            now
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or_else(|| Error::NotFound(messages::things::import()))?;
        let message = messages::imports::stalled().into_string(job(&mut tx, tenant, id).await?.options.language);
        crate::events::note(&mut tx, tenant, id, "stalled", Some(&message), now).await?;
        tx.commit().await.map_err(error)?;
        Ok(resumes)
    }

    /// Resumes an import whose file could not be read because of a fault on our side. Returns `true` if it is such an
    /// import.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reopen_parsing(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let reopened = sqlx::query!(
            "update import_jobs set status = 'parsing', code = null, message = null, finished_at = null, progressed_at = $3, resumes = 0
             where tenant_id = $1 and import_id = $2 and status = 'failed' and code = 'internal_error' and uploaded_at is not null",
            tenant.0,
            id,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        if reopened.rows_affected() > 0 {
            record_change(&mut tx, tenant, stamp, Change::new("import.resumed", id)).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(reopened.rows_affected() > 0)
    }
}
