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
    /// The rejected rows as the seller's own file, with what is wrong with each; good for an hour. `null` when there are none.
    error_report_url: Option<String>,
}

/// One import.
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
