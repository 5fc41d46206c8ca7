//! `POST /v1/imports/{id}/inspect`

use cloud::Objects;
use db_imports::{ImportStatus, ImportsDb};
use runtime::{Body, Cx, Error, Path, Result};
use serde::Deserialize;
use tabular::{ReadError, ReadOptions};
use tokio_util::io::SyncIoBridge;
use utoipa::ToSchema;

use crate::imports::inspection::{Inspection, inspect};

/// The options for inspecting a file.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InspectImport {
    /// How the file is to be read. Default: the choices with which the import was created.
    pub read: Option<ReadOptions>,
}

/// Inspects an uploaded file from its beginning to its end. Nothing is changed.
pub async fn inspect_import(cx: Cx, id: Path, input: Body<InspectImport>) -> Result<Inspection> {
    let db = cx.get::<ImportsDb>().await?;
    let import = db.import(cx.tenant()?, id.0).await?;
    if import.status == ImportStatus::AwaitingUpload {
        return Err(Error::Conflict { code: "file_missing", message: messages::imports::file_missing() });
    }
    let file = cx.get::<Objects>().await?.read(&import.object_key, import.object_version.as_deref()).await?;
    let bridge = SyncIoBridge::new(file.body);
    let read = input.0.read.unwrap_or(import.options.read);
    let language = cx.language;
    let inspected =
        tokio::task::spawn_blocking(move || inspect(bridge, &read, language)).await.map_err(Error::internal)?;
    inspected.map_err(|error| match error {
        ReadError::Io(error) => Error::internal(error),
        refused => Error::invalid("file", refused.code(), refused.message()),
    })
}
