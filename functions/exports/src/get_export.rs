//! `GET /v1/exports/{id}`

use std::time::Duration;

use cloud::Objects;
use db_imports::{ExportJob, ImportsDb};
use runtime::{Cx, Path, Result};

/// One export, with links to its files.
pub async fn get_export(cx: Cx, id: Path) -> Result<ExportJob> {
    let mut job = cx.get::<ImportsDb>().await?.export(cx.tenant()?, id.0).await?;
    if !job.files.0.is_empty() {
        let objects = cx.get::<Objects>().await?;
        for file in &mut job.files.0 {
            file.url = Some(objects.presign_download(&file.key, &file.name, Duration::from_secs(60 * 60)).await?);
        }
    }
    Ok(job.without_keys())
}
