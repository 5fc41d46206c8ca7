//! Jobs on many pictures: unpack a zip, make all thumbnails again.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::MediaDb;

/// A job on many pictures.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MediaJob {
    /// The id.
    pub id: Uuid,
    /// `zip` or `thumbnails`.
    pub kind: String,
    /// `awaiting_upload`, `running`, `completed` or `failed`.
    pub status: String,
    /// How many pictures it has to process.
    pub total: i32,
    /// How many pictures are done.
    pub done: i32,
    /// Of a zip: how many pictures were attached to a product.
    pub attached: i32,
    /// How many pictures could not be used.
    pub failed: i32,
    /// What was wrong with the first 100 pictures that could not be used.
    #[schema(value_type = Vec<MediaJobProblem>)]
    pub problems: Json<Vec<MediaJobProblem>>,
    /// Of a zip: its key in S3.
    #[serde(skip)]
    pub object_key: Option<String>,
    /// The position up to which it is done.
    #[serde(skip)]
    pub done_to: String,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// A picture that a job could not use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MediaJobProblem {
    /// The name of the file; empty if the problem is about the whole job.
    pub name: String,
    /// A code that clients branch on.
    pub code: String,
    /// What is wrong, in English.
    pub message: String,
}

/// The kind of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaJobKind {
    /// Extracts the pictures from a zip that will be uploaded.
    Zip,
    /// Makes the thumbnails of every picture again.
    Thumbnails,
}

/// The result of one step of a job.
#[derive(Clone, Debug, Default)]
pub struct MediaJobState {
    /// The position up to which the job is done now.
    pub done_to: String,
    /// How many pictures the job has to process, if that is known now.
    pub total: Option<i32>,
    /// How many pictures this step did.
    pub done: i32,
    /// How many of them were attached to a product.
    pub attached: i32,
    /// What was wrong with pictures that could not be used.
    pub problems: Vec<MediaJobProblem>,
    /// How the job ended, if it has: `Ok`, or the message of its failure.
    pub ended: Option<std::result::Result<(), String>>,
}

/// How often a job is resumed without progress, before it fails.
const MOST_RESUMES: i32 = 5;
const MOST_PROBLEMS: usize = 100;

impl MediaDb {
    /// Creates a job.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create_job(
        &self,
        tenant: TenantId,
        id: Uuid,
        kind: MediaJobKind,
        object_key: Option<&str>,
        stamp: &Stamp,
    ) -> Result<MediaJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        let (name, status) = match kind {
            MediaJobKind::Zip => ("zip", "awaiting_upload"),
            MediaJobKind::Thumbnails => ("thumbnails", "running"),
        };
        sqlx::query!(
            "insert into media_jobs (tenant_id, job_id, kind, status, object_key, total, created_by, created_at, updated_at)
             select $1, $2, $3, $4, $5, case when $3 = 'thumbnails' then (select count(*)::int from media where tenant_id = $1 and status = 'ready') else 0 end,
                    $6, $7, $7",
            tenant.0,
            id,
            name,
            status,
            object_key,
            stamp.actor(),
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        record_change(&mut tx, tenant, stamp, Change::new("media_job.begun", id).to(json!({ "kind": name }))).await?;
        let made = job(&mut tx, tenant, id).await?;
        tx.commit().await.map_err(error)?;
        Ok(made)
    }

    /// Returns a job.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub async fn media_job(&self, tenant: TenantId, id: Uuid) -> Result<MediaJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await
    }

    /// Notes that a process works on a job, and returns the job; `None` if it has ended, or was resumed too often.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn work_on_job(
        &self,
        tenant: TenantId,
        id: Uuid,
        resumed: bool,
        now: OffsetDateTime,
    ) -> Result<Option<MediaJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let going = sqlx::query!(
            "update media_jobs set updated_at = $3, resumes = resumes + $4::int,
                    status = case when resumes + $4::int > $5 then 'failed' else 'running' end,
                    finished_at = case when resumes + $4::int > $5 then $3::timestamptz end
             where tenant_id = $1 and job_id = $2 and status in ('awaiting_upload', 'running') returning status = 'running' as \"going!\"",
            tenant.0,
            id,
            now,
            i32::from(resumed),
            MOST_RESUMES
        );
        let going = going.fetch_optional(&mut *tx).await.map_err(error)?.is_some_and(|row| row.going);
        let found = if going { Some(job(&mut tx, tenant, id).await?) } else { None };
        tx.commit().await.map_err(error)?;
        Ok(found)
    }

    /// Notes the result of a step, if the step began at the job's current position. Returns `true` if it was noted;
    /// `false` if another process was faster.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_job_step(
        &self,
        tenant: TenantId,
        before: &MediaJob,
        step: &MediaJobState,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let mut problems = before.problems.0.clone();
        problems.extend(step.problems.iter().cloned());
        if let Some(Err(message)) = &step.ended {
            problems.insert(
                0,
                MediaJobProblem { name: String::new(), code: "job_failed".to_owned(), message: message.clone() },
            );
        }
        problems.truncate(MOST_PROBLEMS);
        let status = match &step.ended {
            None => "running",
            Some(Ok(())) => "completed",
            Some(Err(_)) => "failed",
        };
        let mut tx = begin(&self.pool, tenant).await?;
        let noted = sqlx::query!(
            "update media_jobs set done_to = $4, total = coalesce($5, total), done = done + $6, attached = attached + $7, failed = failed + $8,
                    problems = $9, status = $10, updated_at = $11::timestamptz, resumes = 0, finished_at = case when $10 <> 'running' then $11::timestamptz end
             where tenant_id = $1 and job_id = $2 and done_to = $3 and status = 'running'",
            tenant.0,
            before.id,
            before.done_to,
            step.done_to,
            step.total,
            step.done,
            step.attached,
            i32::try_from(step.problems.len()).unwrap_or(i32::MAX),
            Json(&problems) as _,
            status,
            now
        );
        let noted = noted.execute(&mut *tx).await.map_err(error)?.rows_affected() > 0;
        tx.commit().await.map_err(error)?;
        Ok(noted)
    }

    /// Returns unfinished jobs of every organisation that made no progress since `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unfinished_jobs(&self, before: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let found = sqlx::query!(
            "select tenant_id as \"tenant!\", job_id as \"job!\" from unfinished_media_jobs($1, $2)",
            before,
            most
        );
        let found = found.fetch_all(&mut *connection).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (TenantId(row.tenant), row.job)).collect())
    }
}

async fn job(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<MediaJob> {
    let found = sqlx::query_as!(
        MediaJob,
        r#"select job_id as id, kind, status, total, done, attached, failed, problems as "problems: Json<Vec<MediaJobProblem>>", object_key, done_to,
                  created_at, finished_at
           from media_jobs where tenant_id = $1 and job_id = $2"#,
        tenant.0,
        id
    );
    found.fetch_optional(&mut **tx).await.map_err(error)?.ok_or(Error::NotFound(messages::things::job()))
}
