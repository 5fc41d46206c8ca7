//! `POST /v1/imports`

use std::time::Duration;

use cloud::{Objects, PresignedUpload};
use db_imports::{ImportJob, ImportStatus, ImportsDb, NewImport, Run};
use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use messages::{Text, imports as say};
use runtime::{Body, Created, Cx, Error, IdempotencyKey, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::imports::choices::Choices;
use crate::imports::upload::object_name;

/// How long the upload address is valid.
const UPLOAD_VALID: Duration = Duration::from_secs(60 * 60);
/// The content type of every upload; the real format is found out from the bytes.
const CONTENT_TYPE: &str = "text/csv";

/// An import to be created.
#[derive(Deserialize, ToSchema)]
pub struct CreateImport {
    /// The file's name.
    pub file_name: String,
    /// The file's exact size in bytes, at most the setting `imports.max_file_bytes`.
    pub size_bytes: u64,
    /// The supplier's name. A supplier that does not exist is created.
    #[serde(default)]
    pub supplier: Option<String>,
    /// How far the import runs by itself: `inspect` waits until you have inspected the file, `preview` stops when the
    /// preview is complete, `apply` (default) runs to the end.
    #[serde(default)]
    pub run: Run,
    /// An earlier import. Its choices and its supplier count where this request has none: for the corrected rows of its
    /// report, and for the next file of its kind.
    #[serde(default)]
    pub like: Option<Uuid>,
    /// The other choices.
    #[serde(flatten)]
    #[schema(value_type = Choices)]
    pub choices: Map<String, Value>,
}

/// A new import, and the address for its file.
#[derive(Serialize, ToSchema)]
pub struct CreatedImport {
    /// The import.
    pub import: ImportJob,
    /// The upload request, valid for one hour; absent if the file has already arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<PresignedUpload>,
}

/// Creates an import, and returns the address to which the file is to be uploaded.
pub async fn create_import(cx: Cx, input: Body<CreateImport>, key: IdempotencyKey) -> Result<Created<CreatedImport>> {
    let (caller, input) = (cx.caller()?, input.0);
    check(&input)?;
    let mut choices: Choices =
        serde_path_to_error::deserialize(Value::Object(input.choices.clone())).map_err(|problem| {
            let (path, message) = (problem.path().to_string(), Text::verbatim(problem.inner().to_string()));
            Error::invalid(if path == "." { "body" } else { &path }, "invalid", message)
        })?;
    let (db, suppliers) = (cx.get::<ImportsDb>().await?, cx.get::<SuppliersDb>().await?);
    let mut supplier = match input.supplier.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => {
            let supplier = suppliers.supplier_named(caller.tenant, name, &Stamp::of(&cx)?).await?;
            Some((supplier.id, supplier.details.name))
        }
        None => None,
    };
    if let Some(like) = input.like {
        let like = db.import(caller.tenant, like).await.map_err(|error| match error {
            Error::NotFound(_) => Error::invalid("like", "import_unknown", say::like_unknown()),
            other => other,
        })?;
        choices = choices.over(Choices::of(like.mode, &like.options));
        // A report with a single element has no element that repeats, so the path of the earlier file is needed.
        if let Some(layout) = like.layout.filter(|layout| layout.format == "xml") {
            let read = choices.read.get_or_insert_default();
            read.path = read.path.take().or(layout.path);
        }
        supplier = supplier.or(like.supplier_id.zip(like.supplier_name));
    }
    let (mode, options) = choices.options(&cx, caller.tenant, supplier.as_ref().map(|supplier| supplier.0)).await?;
    if input.size_bytes > options.limits.bytes {
        let message = say::file_too_large(options.limits.bytes, input.size_bytes);
        return Err(Error::invalid("size_bytes", "file_too_large", message));
    }
    let id = Uuid::now_v7();
    let new = NewImport {
        id,
        object_key: format!("uploads/{}/{id}/{}", caller.tenant, object_name(&input.file_name)),
        file_name: input.file_name.trim().to_owned(),
        size_bytes: i64::try_from(input.size_bytes).map_err(Error::internal)?,
        supplier,
        mode,
        options,
        run: input.run,
        automation: None,
        request_hash: key.request,
        idempotency_key: key.of_caller(),
    };
    let import = db.create_import(caller.tenant, &new, &Stamp::of(&cx)?).await?;
    let upload = if import.status == ImportStatus::AwaitingUpload {
        let size = u64::try_from(import.size_bytes).map_err(Error::internal)?;
        let objects = cx.get::<Objects>().await?;
        Some(objects.presign_upload(&import.object_key, CONTENT_TYPE, size, UPLOAD_VALID).await?)
    } else {
        None
    };
    Ok(Created(CreatedImport { import, upload }))
}

fn check(input: &CreateImport) -> Result<()> {
    let name = input.file_name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(Error::invalid("file_name", "length", say::file_name_length()));
    }
    if input.size_bytes == 0 {
        return Err(Error::invalid("size_bytes", "file_empty", messages::files::empty()));
    }
    if input.supplier.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
        return Err(Error::invalid("supplier", "control_character", say::supplier_in_one_line()));
    }
    if input.supplier.as_ref().is_some_and(|name| name.trim().chars().count() > 200) {
        return Err(Error::invalid("supplier", "value_too_long", say::supplier_too_long()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::object_name;

    #[test]
    fn object_names_contain_no_paths() {
        assert_eq!(object_name("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(object_name("Prix d'été (1).csv"), "Prix-d--t---1-.csv");
    }
}
