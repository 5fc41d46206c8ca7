//! `POST /v1/imports`

use std::time::Duration;

use cloud::{Objects, PresignedUpload};
use db_core::{CoreDb, DEFAULT_CURRENCY};
use db_imports::{ImportJob, ImportOptions, ImportStatus, ImportsDb, NewImport};
use db_suppliers::{SavedMappingDefinition, SuppliersDb};
use db_tenancy::Stamp;
use product::{ColumnMapping, Currency, ImportMode, WeightUnit};
use runtime::{Body, Created, Cx, Error, IdempotencyKey, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The largest file: 50 MB.
pub(crate) const MAX_FILE_BYTES: u64 = 50_000_000;
/// How long the upload address is good for.
const UPLOAD_VALID: Duration = Duration::from_secs(60 * 60);
const CONTENT_TYPE: &str = "text/csv";

/// An import that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateImport {
    /// The file's name, as the seller knows it.
    pub file_name: String,
    /// The file's exact size in bytes, at most 50,000,000.
    pub size_bytes: u64,
    /// The supplier's name; one that is not known yet is made.
    #[serde(default)]
    pub supplier: Option<String>,
    /// What to do with products that are there: `update` (default), `ignore` or `create_only`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub mode: ImportMode,
    /// Which column fills which field. Without it the columns are mapped by their names.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    pub mapping: Option<Vec<ColumnMapping>>,
    /// The name of a mapping that was saved for the supplier, in place of `mapping`.
    #[serde(default)]
    pub saved_mapping: Option<String>,
    /// The ISO 4217 code of prices whose row names none; the setting `imports.default_currency` unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// The unit of weights that name none: `g`, `kg` (default), `lb` or `oz`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub weight_unit: Option<WeightUnit>,
}

/// The import, and where to send its file.
#[derive(Serialize, ToSchema)]
pub struct CreatedImport {
    /// The import.
    pub import: ImportJob,
    /// The upload; absent when the file has arrived already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadTo>,
}

/// Where to send a file, and how.
#[derive(Serialize, ToSchema)]
pub struct UploadTo {
    /// `PUT`.
    pub method: &'static str,
    /// The address, good for one hour.
    pub url: String,
    /// The headers, to be sent with exactly these values.
    pub headers: std::collections::BTreeMap<String, String>,
}

/// Begins an import.
pub async fn create_import(cx: Cx, input: Body<CreateImport>, key: IdempotencyKey) -> Result<Created<CreatedImport>> {
    let (caller, input) = (cx.caller()?, input.0);
    check(&input)?;
    let supplier = match input.supplier.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => {
            let supplier = cx.get::<SuppliersDb>().await?.supplier_named(caller.tenant, name, &Stamp::of(&cx)?).await?;
            Some((supplier.id, supplier.details.name))
        }
        None => None,
    };
    let saved = saved_mapping(&cx, &input, supplier.as_ref().map(|supplier| supplier.0)).await?;
    let currency = match input.currency.or(saved.as_ref().and_then(|saved| saved.currency)) {
        Some(currency) => currency,
        // The setting takes any code of three letters; one that is no currency falls back on its default.
        None => {
            let code = cx.get::<CoreDb>().await?.settings(&cx).await?.get(&DEFAULT_CURRENCY);
            Currency::parse(&code).unwrap_or(Currency::EUR)
        }
    };
    let id = Uuid::now_v7();
    let new = NewImport {
        id,
        object_key: format!("uploads/{}/{id}/{}", caller.tenant, object_name(&input.file_name)),
        file_name: input.file_name.trim().to_owned(),
        size_bytes: i64::try_from(input.size_bytes).map_err(Error::internal)?,
        supplier,
        mode: input.mode,
        options: ImportOptions {
            weight_unit: input.weight_unit.or(saved.as_ref().and_then(|saved| saved.weight_unit)).unwrap_or_default(),
            mapping: input.mapping.or(saved.map(|saved| saved.columns)),
            currency,
        },
        idempotency_key: key.0,
    };
    let import = cx.get::<ImportsDb>().await?.create_import(caller.tenant, &new, &Stamp::of(&cx)?).await?;
    let upload = if import.status == ImportStatus::AwaitingUpload {
        let size = u64::try_from(import.size_bytes).map_err(Error::internal)?;
        let objects = cx.get::<Objects>().await?;
        let PresignedUpload { url, headers } = objects.presign_upload(&import.object_key, CONTENT_TYPE, size, UPLOAD_VALID).await?;
        Some(UploadTo { method: "PUT", url, headers })
    } else {
        None
    };
    Ok(Created(CreatedImport { import, upload }))
}

/// The mapping that was saved for the supplier under the name that is asked for.
async fn saved_mapping(cx: &Cx, input: &CreateImport, supplier: Option<Uuid>) -> Result<Option<SavedMappingDefinition>> {
    let Some(name) = &input.saved_mapping else { return Ok(None) };
    if input.mapping.is_some() {
        return Err(Error::invalid("saved_mapping", "invalid", "expected either a mapping or the name of a saved one"));
    }
    let Some(supplier) = supplier else {
        return Err(Error::invalid("saved_mapping", "supplier_missing", "a saved mapping belongs to a supplier; name the supplier too"));
    };
    let known = cx.get::<SuppliersDb>().await?.mappings(cx.tenant()?, supplier).await?;
    let names: Vec<String> = known.iter().map(|mapping| mapping.name.clone()).collect();
    let found = known.into_iter().find(|mapping| mapping.name == *name).map(|mapping| Some(mapping.definition.0));
    found.ok_or_else(|| {
        let message = format!("the supplier has no mapping \"{name}\"; it has: {}", names.join(", "));
        Error::invalid("saved_mapping", "mapping_unknown", message)
    })
}

fn check(input: &CreateImport) -> Result<()> {
    let name = input.file_name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(Error::invalid("file_name", "length", "expected a file name of 1 to 200 characters"));
    }
    if input.size_bytes == 0 {
        return Err(Error::invalid("size_bytes", "file_empty", "the file is empty: expected a header line and at least one product"));
    }
    if input.size_bytes > MAX_FILE_BYTES {
        let message = format!("expected a file of at most 50 MB, found {} bytes; split it and import the parts", input.size_bytes);
        return Err(Error::invalid("size_bytes", "file_too_large", message));
    }
    if input.supplier.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
        return Err(Error::invalid("supplier", "control_character", "expected a name in one line"));
    }
    let columns = input.mapping.iter().flatten();
    if columns.into_iter().any(|column| column.column.contains('\0')) {
        return Err(Error::invalid("mapping", "control_character", "expected column names without NUL characters"));
    }
    if input.supplier.as_ref().is_some_and(|name| name.trim().chars().count() > 200) {
        return Err(Error::invalid("supplier", "value_too_long", "expected a name of at most 200 characters"));
    }
    if let Some(mapping) = &input.mapping {
        let missing = product::missing_required(mapping);
        if !missing.is_empty() {
            let message = format!("expected a column for {}", missing.join(" and for "));
            return Err(Error::invalid("mapping", "mapping_invalid", message));
        }
    }
    Ok(())
}

/// A file name as the last part of a key: letters, digits, dot, dash and underscore; the rest becomes a dash.
fn object_name(file_name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    let name: String = file_name.trim().chars().map(safe).take(100).collect();
    name.trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::object_name;

    #[test]
    fn keys_hold_no_paths() {
        assert_eq!(object_name("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(object_name("Prix d'été (1).csv"), "Prix-d--t---1-.csv");
    }
}
