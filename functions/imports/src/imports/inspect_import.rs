//! `POST /v1/imports/{id}/inspect`

use cloud::Objects;
use db_imports::{ImportStatus, ImportsDb};
use runtime::{Body, Cx, Error, Path, Result};
use serde::Deserialize;
use tabular::{ReadError, ReadOptions};
use tokio_util::io::SyncIoBridge;
use utoipa::ToSchema;

use crate::imports::inspection::{Inspection, inspect};

/// How the file is to be looked at.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InspectImport {
    /// What you know better than its beginning tells; what the import was begun with unless said.
    pub read: Option<ReadOptions>,
}

/// Looks at an uploaded file from its beginning to its end. Nothing is changed.
pub async fn inspect_import(cx: Cx, id: Path, input: Body<InspectImport>) -> Result<Inspection> {
    let db = cx.get::<ImportsDb>().await?;
    let import = db.import(cx.tenant()?, id.0).await?;
    if import.status == ImportStatus::AwaitingUpload {
        let message = "the file has not arrived yet; send it to the upload address first".to_owned();
        return Err(Error::Conflict { code: "file_missing", message });
    }
    let file = cx.get::<Objects>().await?.read(&import.object_key, import.object_version.as_deref()).await?;
    let bridge = SyncIoBridge::new(file.body);
    let read = input.0.read.unwrap_or(import.options.read);
    let inspected = tokio::task::spawn_blocking(move || inspect(bridge, &read)).await.map_err(Error::internal)?;
    inspected.map_err(|error| match error {
        ReadError::Io(error) => Error::internal(error),
        refused => Error::invalid("file", refused.code(), refused.to_string()),
    })
}
