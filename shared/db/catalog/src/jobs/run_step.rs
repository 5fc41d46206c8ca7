//! A step of a job: one transaction, which processes some products and stores the position that it reached, so that a
//! repeated step does nothing twice.

use std::collections::BTreeSet;

use db_tenancy::{begin, error};
use runtime::{Result, TenantId};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CatalogDb;
use crate::jobs::job::{JobProblem, Spec};
use crate::jobs::step::{JobRow, MOST_PROBLEMS, StepContext};
use crate::products::origin::Origin;
use crate::products::setup::setup;

impl CatalogDb {
    /// Processes the next products of a job. Returns `true` if there are more. Does nothing and returns `false` if
    /// another process is working on the job.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn job_step(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let row = sqlx::query_as!(
            JobRow,
            r#"select kind, spec as "spec: Json<Spec>", done_to, up_to, undoes, problems as "problems: Json<Vec<JobProblem>>",
                      actor_kind, actor_id, actor_name
               from catalog_jobs where tenant_id = $1 and job_id = $2 and status = 'running' for update skip locked"#,
            tenant.0,
            id
        );
        let Some(row) = row.fetch_optional(&mut *tx).await.map_err(error)? else { return Ok(false) };
        let source = match (row.actor_kind.as_str(), row.actor_id) {
            ("key", Some(key)) => format!("key:{key}"),
            _ => "user".to_owned(),
        };
        let origin =
            Origin { source, actor_id: row.actor_id, actor_name: Some(row.actor_name.clone()), job_id: Some(id) };
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        let step = StepContext { tenant, setup: &setup, origin: &origin, row: &row, now };
        let done = match row.kind.as_str() {
            "undo" => step.undo(&mut tx).await?,
            "assess" => step.assess(&mut tx).await?,
            _ => step.selected(&mut tx).await?,
        };
        let more = done.last.is_some();
        let mut problems = row.problems.0;
        let failed =
            i64::try_from(done.problems.iter().map(|problem| problem.product_id).collect::<BTreeSet<_>>().len())
                .unwrap_or_default();
        let language = row.spec.language;
        problems.extend(done.problems.into_iter().chain(done.notes).map(|problem| problem.in_only(language)));
        problems.truncate(MOST_PROBLEMS);
        sqlx::query!(
            "update catalog_jobs set done_to = coalesce($3, done_to), done = done + $4, changed = changed + $5, kept = kept + $6,
                    failed = failed + $7, problems = $8, updated_at = $9::timestamptz, resumes = 0,
                    status = case when $3::uuid is null then 'completed' else status end,
                    finished_at = case when $3::uuid is null then $9::timestamptz end
             where tenant_id = $1 and job_id = $2",
            tenant.0,
            id,
            done.last,
            done.done,
            done.changed,
            done.kept,
            failed,
            Json(&problems) as _,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(more)
    }
}
