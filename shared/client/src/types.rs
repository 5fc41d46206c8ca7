//! What the API takes and gives; see `docs/openapi.json`. Fields that a client has no use for are left out.

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
    /// In how many seconds trying again can help, when the answer said so.
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
    /// The way to the next page.
    pub next_cursor: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

/// Who logs in, and with what.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Login<'a> {
    /// The address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// A code of the authenticator app, or a recovery code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// Which organisation, for those who belong to several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_id: Option<&'a str>,
    /// No end by inactivity, and 30 days rather than 7.
    pub remember_me: bool,
}

/// An import that is asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewImport {
    /// The file's name.
    pub file_name: String,
    /// Its exact size.
    pub size_bytes: u64,
    /// The supplier's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// `update`, `ignore` or `create_only`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The ISO 4217 code of prices that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `g`, `kg`, `lb` or `oz`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_unit: Option<String>,
    /// The name of a mapping that was saved for the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_mapping: Option<String>,
    /// Which column fills which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Vec<ColumnMapping>>,
    /// `inspect`, `preview` or `apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// An import whose choices are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// Whatever else the API takes.
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

/// An import, and where to send its file.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct CreatedImport {
    pub import: Import,
    pub upload: Option<UploadTo>,
}

/// Where to send a file.
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
    pub holds: Vec<Hold>,
    #[serde(default)]
    pub warnings: Vec<Hold>,
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

/// Why an import is held, or what is to be known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the API's own names")]
pub struct Hold {
    pub code: String,
    pub message: String,
}

/// What was found in a file.
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

/// How many rows came to what.
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

/// How far an import is.
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

/// An export that is asked for, as `POST /v1/exports` takes it.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct NewExport(pub serde_json::Map<String, serde_json::Value>);

impl NewExport {
    /// An export in this layout.
    #[must_use]
    pub fn of(layout: &str) -> Self {
        Self::default().with("layout", layout)
    }

    /// With one more choice; a path such as `options.columns` reaches into what is chosen already.
    #[must_use]
    pub fn with(mut self, path: &str, value: impl Into<serde_json::Value>) -> Self {
        let mut fields = &mut self.0;
        let (inner, last) = path.rsplit_once('.').unwrap_or(("", path));
        for part in inner.split('.').filter(|part| !part.is_empty()) {
            let there = fields.entry(part).or_insert_with(|| serde_json::Map::new().into());
            if !there.is_object() {
                *there = serde_json::Map::new().into();
            }
            let serde_json::Value::Object(within) = there else { return self };
            fields = within;
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

/// Why products are not in the files.
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
