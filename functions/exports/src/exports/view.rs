//! Exports in the answers of the API: with links to their files, progress and deliveries.

use std::time::Duration;

use cloud::Objects;
use db_imports::{ExportDelivery, ExportJob, ImportsDb};
use runtime::{Cx, Result, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

/// An export.
#[derive(Serialize, ToSchema)]
pub struct ExportView {
    #[serde(flatten)]
    job: ExportJob,
    /// The progress in percent, 0 to 100.
    percent: u8,
    /// Products per second, while it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    products_per_second: Option<i64>,
    /// The seconds left at that rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<i64>,
    /// Whether the files are deleted, 30 days after they were written.
    expired: bool,
    /// The deliveries of the files to destinations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deliveries: Vec<ExportDelivery>,
}

/// How long a link to a file is valid; a new link can be requested for 30 days.
const LINKS: Duration = Duration::from_secs(60 * 60);

/// Returns the view of an export with its links and deliveries.
pub(crate) async fn view(cx: &Cx, tenant: TenantId, mut job: ExportJob) -> Result<ExportView> {
    let expired = job.expires_at.is_some_and(|until| until <= cx.now);
    if !expired && !job.files.0.is_empty() {
        let objects = cx.get::<Objects>().await?;
        for file in &mut job.files.0 {
            file.url = Some(objects.presign_download(&file.key, &file.name, LINKS).await?);
        }
    }
    let deliveries = match job.status.as_str() {
        "completed" => cx.get::<ImportsDb>().await?.export_deliveries(tenant, job.id).await?,
        _ => Vec::new(),
    };
    Ok(view_of(cx, job, deliveries))
}

/// Returns the view of an export in a list: without links.
pub(crate) fn view_of(cx: &Cx, job: ExportJob, deliveries: Vec<ExportDelivery>) -> ExportView {
    let job = job.without_keys();
    let (done, total) = (i64::from(job.done_products), i64::from(job.total_products.unwrap_or_default()));
    let percent = match job.status.as_str() {
        "completed" => 100,
        _ if total == 0 => 0,
        _ => u8::try_from((done * 100 / total).clamp(0, 99)).unwrap_or(99),
    };
    let began = job.started_at.filter(|_| job.status == "running" && done > 0);
    let rate =
        began.map(|began| done * 1_000 / i64::try_from((cx.now - began).whole_milliseconds()).unwrap_or(1).max(1));
    let left = rate.filter(|rate| *rate > 0).map(|rate| (total - done).max(0).div_euclid(rate));
    let expired = job.expires_at.is_some_and(|until| until <= cx.now);
    ExportView { job, percent, products_per_second: rate, seconds_left: left, expired, deliveries }
}
