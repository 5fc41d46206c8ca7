//! `GET /v1/imports/{id}`

use std::time::Duration;

use cloud::Objects;
use db_imports::{ImportJob, ImportsDb};
use runtime::{Cx, Path, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// An import and its report.
#[derive(Serialize, ToSchema)]
pub struct ImportView {
    #[serde(flatten)]
    #[schema(inline)]
    import: ImportJob,
    /// The address of the rejected rows in the form of the seller's file, with the errors of each row; valid for one
    /// hour. `null` if no row was rejected.
    error_report_url: Option<String>,
}

/// Returns one import: status, progress, totals, times.
pub async fn get_import(cx: Cx, id: Path) -> Result<ImportView> {
    let import = cx.get::<ImportsDb>().await?.import(cx.tenant()?, id.0).await?;
    let error_report_url = match &import.report_key {
        Some(key) => {
            let objects = cx.get::<Objects>().await?;
            let extension = key.rsplit('.').next().unwrap_or("csv");
            let name = format!("rejected-rows.{extension}");
            Some(objects.presign_download(key, &name, Duration::from_secs(60 * 60)).await?)
        }
        None => None,
    };
    Ok(ImportView { import, error_report_url })
}
