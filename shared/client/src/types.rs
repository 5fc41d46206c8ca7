//! The types of the API's requests and answers; see `docs/openapi.json`. Fields that this client does not use are left
//! out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An error of the API: RFC 9457.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "RFC 9457's own names")]
pub struct Problem {
    pub status: u16,
    pub title: String,
    pub detail: String,
    pub code: String,
    pub request_id: String,
    #[serde(default)]
    pub errors: Vec<FieldProblem>,
    /// After how many seconds another attempt can succeed, if the answer names it.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// One value that is not acceptable.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct FieldProblem {
    pub field: String,
    pub code: String,
    pub message: String,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub data: Vec<T>,
    /// The cursor of the next page.
    pub next_cursor: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

/// The input of a login.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Login<'a> {
    /// The e-mail address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// A code of the authenticator app, or a recovery code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// The id of the organisation, for people who belong to several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_id: Option<&'a str>,
    /// Whether the session lasts 30 days instead of 7, and does not end by inactivity.
    pub remember_me: bool,
}

/// An import to be created.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewImport {
    /// The file's name.
    pub file_name: String,
    /// The file's exact size in bytes.
    pub size_bytes: u64,
    /// The supplier's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// `update`, `ignore` or `create_only`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The ISO 4217 code of prices without a currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The unit of weights without a unit: `g`, `kg`, `lb` or `oz`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_unit: Option<String>,
    /// The name of a saved mapping of the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_mapping: Option<String>,
    /// Which column fills which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Vec<ColumnMapping>>,
    /// `inspect`, `preview` or `apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The id of an import whose choices are copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// Any other fields that the API accepts.
    #[serde(flatten)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

/// Which field a column fills.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct ColumnMapping {
    pub column: String,
    pub field: Option<String>,
}

/// A created import, and the upload of its file.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct CreatedImport {
    pub import: Import,
    pub upload: Option<UploadTo>,
}

/// The address and headers of an upload.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct UploadTo {
    pub url: String,
    pub headers: BTreeMap<String, String>,
}

/// An import.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Import {
    pub id: String,
    pub status: String,
    pub file_name: String,
    pub size_bytes: u64,
    pub supplier_name: Option<String>,
    pub mode: String,
    #[serde(default)]
    pub holds: Vec<FileNotice>,
    #[serde(default)]
    pub warnings: Vec<FileNotice>,
    pub layout: Option<Layout>,
    pub code: Option<String>,
    pub message: Option<String>,
    pub totals: Totals,
    pub progress: Progress,
    pub created_at: String,
    pub uploaded_at: Option<String>,
    pub parsed_at: Option<String>,
    pub finished_at: Option<String>,
    #[serde(default)]
    pub error_report_url: Option<String>,
}

/// Why an import is held, or a warning about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct FileNotice {
    pub code: String,
    pub message: String,
}

/// The detected layout of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Layout {
    pub format: String,
    pub encoding: String,
    pub delimiter: Option<String>,
    pub platform: Option<String>,
    pub decimal_mark: String,
    pub columns: Vec<ColumnMapping>,
}

/// The numbers of rows by result.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Totals {
    pub rows: Option<u64>,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub skipped: u64,
    pub rejected: u64,
}

/// The progress of an import.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Progress {
    pub percent: u64,
    pub rows: u64,
}

/// What is wrong with a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct RowError {
    pub row: u64,
    pub column: Option<String>,
    pub code: String,
    pub message: String,
    pub value: Option<String>,
}

/// An export to be created: the body of `POST /v1/exports`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct NewExport(pub serde_json::Map<String, serde_json::Value>);

impl NewExport {
    /// Creates an export in this layout.
    #[must_use]
    pub fn of(layout: &str) -> Self {
        Self::default().with("layout", layout)
    }

    /// Adds one field; a path such as `options.columns` sets a field of an object in it.
    #[must_use]
    pub fn with(mut self, path: &str, value: impl Into<serde_json::Value>) -> Self {
        let mut fields = &mut self.0;
        let (inner, last) = path.rsplit_once('.').unwrap_or(("", path));
        for part in inner.split('.').filter(|part| !part.is_empty()) {
            let entry = fields.entry(part).or_insert_with(|| serde_json::Map::new().into());
            if !entry.is_object() {
                *entry = serde_json::Map::new().into();
            }
            let serde_json::Value::Object(object) = entry else { return self };
            fields = object;
        }
        fields.insert(last.to_owned(), value.into());
        self
    }
}

/// An export.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Export {
    pub id: String,
    pub status: String,
    pub message: Option<String>,
    pub total_products: Option<u64>,
    pub done_products: u64,
    pub exported: u64,
    pub left_out: u64,
    pub left_out_reasons: Vec<LeftOut>,
    pub files: Vec<ExportFile>,
}

/// Why some products are not in the files.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct LeftOut {
    pub code: String,
    pub message: String,
    pub products: u64,
}

/// A file of an export.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct ExportFile {
    pub name: String,
    pub bytes: u64,
    pub products: u64,
    pub url: Option<String>,
}

/// A product.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Product {
    pub id: String,
    pub sku: Option<String>,
    pub ean: Option<String>,
    pub title: String,
    pub description: Option<String>,
    pub brand: Option<String>,
    pub category: Option<String>,
    pub price: Option<String>,
    pub net_price: Option<String>,
    pub cost_price: Option<String>,
    pub currency: Option<String>,
    pub stock: Option<i64>,
    pub weight: Option<Weight>,
    pub image_urls: Option<Vec<String>>,
    pub supplier_id: Option<String>,
    pub supplier_reference: Option<String>,
    pub status: String,
    pub updated_at: String,
}

/// A weight in the seller's unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Weight {
    pub value: String,
    pub unit: String,
}

/// A supplier.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Supplier {
    pub id: String,
    pub name: String,
}
