//! An export as it is stored.

use db_tenancy::{TenantTx, error};
use messages::Text;
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// An export.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExportJob {
    /// The id.
    pub id: Uuid,
    /// `queued`, `running`, `completed`, `failed` or `cancelled`.
    pub status: String,
    /// The layout, such as `shopify`.
    pub layout: String,
    /// The format, such as `csv`.
    pub format: String,
    /// Its name: that of its schedule, its template or its layout.
    pub name: String,
    /// `by_hand` or `schedule`.
    pub cause: String,
    /// The template that it was made from.
    pub template_id: Option<Uuid>,
    /// The schedule that started it.
    pub schedule_id: Option<Uuid>,
    /// What the seller chose.
    #[schema(value_type = Object)]
    pub options: Value,
    /// Why it failed: a code that clients branch on.
    pub code: Option<String>,
    /// Why it failed, for people.
    pub message: Option<String>,
    /// How many products match; `null` before they were counted.
    pub total_products: Option<i32>,
    /// How many were processed so far.
    pub done_products: i32,
    /// How many are in the files.
    pub exported: i32,
    /// How many match but are not in the files.
    pub left_out: i32,
    /// Why products are not in the files.
    #[schema(value_type = Vec<LeftOutReason>)]
    pub left_out_reasons: Json<Vec<LeftOutReason>>,
    /// What the files do not contain although the catalogue does: for example a tag with a comma, if the channel
    /// separates tags by commas.
    #[schema(value_type = Vec<LeftOutReason>)]
    pub warnings: Json<Vec<LeftOutReason>>,
    /// The ids of the destinations of the files.
    pub destinations: Vec<Uuid>,
    /// The files.
    #[schema(value_type = Vec<ExportFile>)]
    pub files: Json<Vec<ExportFile>>,
    /// When it was requested.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the writing of its products began.
    #[serde(with = "time::serde::rfc3339::option")]
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
    /// Until when its files can be downloaded.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Only products that changed in or after this transaction of `db_catalog` are exported. Default: all products.
    #[serde(skip)]
    pub changed_from: Option<i64>,
}

impl ExportJob {
    /// Returns the same job without the object keys, which are internal; callers get links.
    #[must_use]
    pub fn without_keys(mut self) -> Self {
        for file in &mut self.files.0 {
            file.key.clear();
        }
        self
    }
}

pub(crate) async fn job(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<ExportJob> {
    jobs(tx, tenant, Some(id), None, None, 1).await?.pop().ok_or_else(|| Error::NotFound(messages::things::export()))
}

/// The words for a status of exports, for messages.
pub(crate) fn status_label(status: &str) -> Text {
    match status {
        "queued" => messages::exports::export_queued(),
        "running" => messages::exports::export_running(),
        "completed" => messages::exports::export_completed(),
        "failed" => messages::exports::export_failed(),
        "cancelled" => messages::exports::export_cancelled(),
        other => Text::verbatim(other),
    }
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// How many products are in it.
    pub products: i32,
    /// A link that downloads it, valid for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The object that holds it; never shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(ignore)]
    pub key: String,
}

/// Why products are not in the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftOutReason {
    /// A code that clients branch on.
    pub code: String,
    /// The column of the file.
    #[serde(default)]
    pub column: String,
    /// What the channel expects and what to do, for the first product.
    pub message: String,
    /// How many products are concerned.
    pub products: i32,
    /// The ids of the first of these products.
    pub examples: Vec<Uuid>,
}

pub(crate) async fn jobs(
    tx: &mut TenantTx,
    tenant: TenantId,
    id: Option<Uuid>,
    schedule: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ExportJob>> {
    sqlx::query_as!(
        ExportJob,
        r#"select export_id as id, status, layout, format, name, cause, template_id, schedule_id, options, code, message, total_products,
                done_products, exported, left_out, left_out_reasons as "left_out_reasons: Json<Vec<LeftOutReason>>",
                warnings as "warnings: Json<Vec<LeftOutReason>>", destinations, files as "files: Json<Vec<ExportFile>>",
                created_at, started_at, finished_at, expires_at, changed_from
         from export_jobs
         where tenant_id = $1 and ($2::uuid is null or export_id = $2) and ($3::uuid is null or export_id < $3)
           and ($5::uuid is null or schedule_id = $5)
         order by export_id desc limit $4"#,
        tenant.0,
        id,
        before,
        limit,
        schedule
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(error)
}
