//! Work on many products: edits, trash, undo, completeness.
//!
//! A job is a row. Each step of it is one transaction, which processes some products and stores the position that it
//! reached. So a repeated step does nothing twice.

use std::collections::BTreeMap;

use db_tenancy::{Change, Stamp, begin, error, on_constraint, record_change};
use messages::Language;
use product::{Edit, FieldChange, diff};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde::Serialize;
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::find::search::ProductQuery;
use crate::jobs::bulk_edit::edited;
use crate::jobs::job::{CatalogJob, JobProblem, Spec, job};
use crate::jobs::selection::{Selection, count_all};
use crate::jobs::undo::undoable;
use crate::products::read::by_ids;

/// What a job does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Edits products.
    Edit(Selection, Vec<Edit>),
    /// Moves products into the trash.
    Trash(Selection),
    /// Restores products from the trash.
    Restore(Selection),
    /// Deletes products in the trash for good.
    Purge(Selection),
    /// Undoes what another job did.
    Undo(Uuid),
    /// Computes the completeness of every product again.
    Assess,
}

/// What an edit would do.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EditPreview {
    /// How many products it would work on.
    pub total: i64,
    /// The first of them.
    pub sample: Vec<PreviewedProduct>,
}

/// What an edit would do to one product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PreviewedProduct {
    /// The product.
    pub id: Uuid,
    /// Its SKU.
    pub sku: Option<String>,
    /// Its title.
    pub title: String,
    /// The fields that would change; empty if the edit leaves the product as it is.
    pub changes: BTreeMap<String, FieldChange>,
    /// Why it could not be changed.
    pub problems: Vec<JobProblem>,
}

impl EditPreview {
    /// The preview with its messages in `language` only.
    #[must_use]
    pub fn in_only(mut self, language: Language) -> Self {
        for product in &mut self.sample {
            let problems = std::mem::take(&mut product.problems);
            product.problems = problems.into_iter().map(|problem| problem.in_only(language)).collect();
        }
        self
    }
}

/// How often a job without progress is resumed, at most.
const MOST_RESUMES: i32 = 5;

impl Work {
    const fn kind(&self) -> &'static str {
        match self {
            Work::Edit(..) => "edit",
            Work::Trash(_) => "trash",
            Work::Restore(_) => "restore",
            Work::Purge(_) => "purge",
            Work::Undo(_) => "undo",
            Work::Assess => "assess",
        }
    }

    fn check(&self) -> Result<()> {
        if let Work::Edit(_, edits) = self {
            if edits.is_empty() || edits.len() > 50 {
                return Err(Error::invalid("edits", "length", messages::catalog::edits_count(edits.len())));
            }
            let wrong: Vec<product::ContentError> = edits.iter().filter_map(|edit| edit.check().err()).collect();
            if !wrong.is_empty() {
                return Err(crate::errors::invalid(wrong));
            }
        }
        self.selection().map_or(Ok(()), Selection::check)
    }

    fn selection(&self) -> Option<&Selection> {
        match self {
            Work::Edit(selection, _) | Work::Trash(selection) | Work::Restore(selection) | Work::Purge(selection) => {
                Some(selection)
            }
            Work::Undo(_) | Work::Assess => None,
        }
    }
}

impl CatalogDb {
    /// Returns what edits would do to the first `sample` products of a selection. Nothing is written.
    ///
    /// # Errors
    /// 422 if the edits or the selection are invalid.
    pub async fn preview_edit(
        &self,
        tenant: TenantId,
        selection: &Selection,
        edits: &[Edit],
        sample: i64,
    ) -> Result<EditPreview> {
        Work::Edit(selection.clone(), edits.to_vec()).check()?;
        let mut tx = begin(&self.pool, tenant).await?;
        let (total, last) = selection.count(&mut tx, tenant).await?;
        let ids = selection.between(&mut tx, tenant, (Uuid::nil(), last.unwrap_or_default()), sample).await?;
        let mut previewed = Vec::new();
        for product in by_ids(&mut tx, tenant, &ids, false).await.map_err(error)? {
            let (changes, problems) = match edited(&mut tx, tenant, &product, edits).await? {
                Ok(content) => (diff(&product.content, &content), Vec::new()),
                Err(problems) => (BTreeMap::new(), problems),
            };
            previewed.push(PreviewedProduct {
                id: product.id,
                sku: product.content.sku,
                title: product.content.title,
                changes,
                problems,
            });
        }
        Ok(EditPreview { total, sample: previewed })
    }

    /// Starts a job, or returns the job that was started earlier with the same idempotency key.
    ///
    /// # Errors
    /// 422 if the work is invalid; 404 if the job to undo does not exist; 409 if it cannot be undone, or if another job
    /// has the key.
    pub async fn begin_job(
        &self,
        tenant: TenantId,
        work: &Work,
        key: Option<&str>,
        stamp: &Stamp,
    ) -> Result<CatalogJob> {
        work.check()?;
        let mut tx = begin(&self.pool, tenant).await?;
        let (total, last) = match work {
            Work::Undo(job) => undoable(&mut tx, tenant, *job).await?,
            Work::Assess => count_all(&mut tx, tenant, &ProductQuery::default())
                .await
                .map(|(total, _)| (total, Some(Uuid::max())))?,
            _ => {
                work.selection().cloned().unwrap_or(Selection { ids: None, query: None }).count(&mut tx, tenant).await?
            }
        };
        let spec = Spec {
            language: stamp.language(),
            selection: work.selection().cloned(),
            edits: if let Work::Edit(_, edits) = work { edits.clone() } else { Vec::new() },
        };
        let (id, undoes) = (Uuid::now_v7(), if let Work::Undo(job) = work { Some(*job) } else { None });
        let inserted = sqlx::query!(
            "insert into catalog_jobs (tenant_id, job_id, kind, spec, status, done_to, up_to, total, undoes, actor_kind, actor_id, actor_name,
                    idempotency_key, created_at, updated_at)
             values ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
             on conflict on constraint catalog_jobs_idempotency_key do nothing",
            tenant.0,
            id,
            work.kind(),
            Json(&spec) as _,
            Uuid::nil(),
            last.unwrap_or_default(),
            total,
            undoes,
            stamp.actor_kind(),
            stamp.actor(),
            stamp.actor_name(),
            key,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| {
            on_constraint(failed, "catalog_jobs_undoes_key", || Error::Conflict {
                code: "already_undone",
                message: messages::catalog::job_undone_already(),
            })
        })?;
        if inserted.rows_affected() == 0 {
            let existing = sqlx::query!(
                "select job_id, kind, spec from catalog_jobs where tenant_id = $1 and idempotency_key = $2",
                tenant.0,
                key
            );
            let existing = existing.fetch_one(&mut *tx).await.map_err(error)?;
            // The same request in another language is the same request.
            let stored: Spec = serde_json::from_value(existing.spec).map_err(Error::internal)?;
            if existing.kind != work.kind() || json!(Spec { language: spec.language, ..stored }) != json!(spec) {
                let message = messages::runtime::idempotency_key_reused();
                return Err(Error::Conflict { code: "idempotency_key_reused", message });
            }
            return job(&mut tx, tenant, existing.job_id).await;
        }
        let line = Change::new("catalog_job.begun", id)
            .to(json!({ "kind": work.kind(), "products": total, "spec": spec, "undoes": undoes }));
        record_change(&mut tx, tenant, stamp, line).await?;
        tx.commit().await.map_err(error)?;
        self.catalog_job(tenant, id).await
    }

    /// Returns one job.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn catalog_job(&self, tenant: TenantId, id: Uuid) -> Result<CatalogJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await
    }

    /// Returns the jobs, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalog_jobs(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<CatalogJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let jobs = sqlx::query_as!(
            CatalogJob,
            r#"select job_id as id, kind, status, total, done, changed, kept, failed, problems as "problems: Json<Vec<JobProblem>>",
                      undoes, actor_name, created_at, finished_at
               from catalog_jobs where tenant_id = $1 and ($2::uuid is null or job_id < $2) order by job_id desc limit $3"#,
            tenant.0,
            before,
            limit + 1
        );
        let jobs = jobs.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(jobs, limit, |job| Cursor::Id(job.id)))
    }

    /// Stops a running job. What it did so far stays, and can be undone.
    ///
    /// # Errors
    /// 404; 409 if the job has ended.
    pub async fn cancel_job(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<CatalogJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await?;
        let cancelled = sqlx::query!(
            "update catalog_jobs set status = 'cancelled', finished_at = $3, updated_at = $3
             where tenant_id = $1 and job_id = $2 and status = 'running'",
            tenant.0,
            id,
            stamp.at
        );
        if cancelled.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::Conflict { code: "job_ended", message: messages::catalog::job_ended() });
        }
        record_change(&mut tx, tenant, stamp, Change::new("catalog_job.cancelled", id)).await?;
        tx.commit().await.map_err(error)?;
        self.catalog_job(tenant, id).await
    }

    /// Returns the jobs of every organisation that made no progress since `before`, at most `most`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stalled_jobs(&self, before: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let found = sqlx::query!(
            "select tenant_id as \"tenant!\", job_id as \"job!\" from stalled_catalog_jobs($1, $2)",
            before,
            most
        );
        let found = found.fetch_all(&mut *connection).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (TenantId(row.tenant), row.job)).collect())
    }

    /// Ends a running job as failed: after a fault that trying again cannot repair.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fail_job(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let failed = sqlx::query!(
            "update catalog_jobs set status = 'failed', updated_at = $3::timestamptz, finished_at = $3::timestamptz
             where tenant_id = $1 and job_id = $2 and status = 'running'",
            tenant.0,
            id,
            now
        );
        failed.execute(&mut *tx).await.map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Counts one more resumption of a job. Returns `true` if the job may resume, `false` if it has failed for good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn resume_job(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let going = sqlx::query_scalar!(
            "update catalog_jobs set resumes = resumes + 1, updated_at = $3::timestamptz,
                    status = case when resumes >= $4 then 'failed' else status end,
                    finished_at = case when resumes >= $4 then $3::timestamptz end
             where tenant_id = $1 and job_id = $2 and status = 'running' returning status = 'running' as \"going!\"",
            tenant.0,
            id,
            now,
            MOST_RESUMES
        );
        let going = going.fetch_optional(&mut *tx).await.map_err(error)?.unwrap_or(false);
        tx.commit().await.map_err(error)?;
        Ok(going)
    }
}
