//! Jobs on many products, as they are stored.

use db_tenancy::{TenantTx, error};
use messages::{Language, Text};
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
    /// The job's id.
    pub id: Uuid,
    /// `edit`, `trash`, `restore`, `purge`, `undo` or `assess`.
    pub kind: String,
    /// `running`, `completed`, `failed` or `cancelled`.
    pub status: String,
    /// How many products it works on.
    pub total: i64,
    /// How many are done, unchanged ones included.
    pub done: i64,
    /// Of these, how many changed.
    pub changed: i64,
    /// How many fields an undo left as they are, because they were changed again since.
    pub kept: i64,
    /// How many could not be changed.
    pub failed: i64,
    /// What was wrong with the first 100 of them. An undo also lists the fields that it left as they are
    /// (`edited_since`).
    #[schema(value_type = Vec<JobProblem>)]
    pub problems: Json<Vec<JobProblem>>,
    /// The job that this one undoes.
    pub undoes: Option<Uuid>,
    /// Who started it.
    pub actor_name: String,
    /// When it started.
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
    /// What was expected and what was found, in the language of the person who started the job.
    pub message: Text,
}

impl JobProblem {
    /// The problem with its message in `language` only.
    pub(crate) fn in_only(self, language: Language) -> Self {
        Self { message: self.message.in_only(language), ..self }
    }
}

/// What a job works on, as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct Spec {
    /// The language in which the job's problems are stored.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) language: Language,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) selection: Option<Selection>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) edits: Vec<Edit>,
}

fn is_default(language: &Language) -> bool {
    *language == Language::default()
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
    found.fetch_optional(&mut **tx).await.map_err(error)?.ok_or_else(|| Error::NotFound(messages::things::job()))
}

pub(crate) fn problem(product: Uuid, field: &str, code: &str, message: Text) -> JobProblem {
    JobProblem { product_id: product, field: field.to_owned(), code: code.to_owned(), message }
}

pub(crate) fn quota_problem(product: Uuid) -> JobProblem {
    problem(product, "", "quota_exceeded", messages::catalog::no_room())
}
