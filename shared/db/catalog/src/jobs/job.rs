//! Jobs on many products, as they are stored.

use db_tenancy::{TenantTx, error};
use product::Edit;
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::jobs::selection::Selection;

/// A job on many products.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CatalogJob {
    /// The job.
    pub id: Uuid,
    /// `edit`, `trash`, `restore`, `purge`, `undo` or `assess`.
    pub kind: String,
    /// `running`, `completed`, `failed` or `cancelled`.
    pub status: String,
    /// How many products it works on.
    pub total: i64,
    /// How many are done.
    pub done: i64,
    /// Of these, how many changed.
    pub changed: i64,
    /// Of an undo: how many fields stay, because they were changed again since.
    pub kept: i64,
    /// How many could not be changed.
    pub failed: i64,
    /// What was wrong with the first 100 of them; of an undo also the fields that stay (`edited_since`).
    #[schema(value_type = Vec<JobProblem>)]
    pub problems: Json<Vec<JobProblem>>,
    /// The job that this one puts back.
    pub undoes: Option<Uuid>,
    /// Who began it.
    pub actor_name: String,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// A product that a job could not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobProblem {
    /// The product.
    pub product_id: Uuid,
    /// The field concerned.
    pub field: String,
    /// A code that clients branch on.
    pub code: String,
    /// What was expected and what was found.
    pub message: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Spec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) selection: Option<Selection>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) edits: Vec<Edit>,
}

pub(crate) async fn job(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<CatalogJob> {
    let found = sqlx::query_as!(
        CatalogJob,
        r#"select job_id as id, kind, status, total, done, changed, kept, failed, problems as "problems: Json<Vec<JobProblem>>",
                  undoes, actor_name, created_at, finished_at
           from catalog_jobs where tenant_id = $1 and job_id = $2"#,
        tenant.0,
        id
    );
    found.fetch_optional(&mut **tx).await.map_err(error)?.ok_or(Error::NotFound("job"))
}

pub(crate) fn problem(product: Uuid, field: &str, code: &str, message: &str) -> JobProblem {
    JobProblem { product_id: product, field: field.to_owned(), code: code.to_owned(), message: message.to_owned() }
}

pub(crate) fn quota_problem(product: Uuid) -> JobProblem {
    problem(product, "", "quota_exceeded", "Quota exceeded: the plan has no room for more products")
}
