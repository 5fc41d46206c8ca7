//! What came of rows that were imported, and what an import does with products that are there.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Language, RowError};

/// What an import does with a product that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// Changes it to what the row says; what the row does not say stays.
    #[default]
    Update,
    /// Leaves it as it is.
    Ignore,
    /// Only creates products: leaves it as it is.
    CreateOnly,
}

/// By what a row's product is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchKey {
    /// The seller's code.
    Sku,
    /// The GTIN in any of its spellings.
    Ean,
    /// The supplier's own code, among the products of that supplier.
    SupplierReference,
}

impl MatchKey {
    /// What is looked at unless said.
    pub const DEFAULT: [MatchKey; 2] = [MatchKey::Sku, MatchKey::Ean];
}

/// What becomes of the supplier's products that the file does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// They stay as they are.
    #[default]
    Leave,
    /// Their stock becomes 0.
    OutOfStock,
    /// They are archived.
    Archive,
}

/// What came of some rows. Each row is counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Products that were made.
    pub created: i32,
    /// Products that were changed.
    pub updated: i32,
    /// Products that were as the row says.
    pub unchanged: i32,
    /// Rows left out on purpose: by the mode, or because a later row has the same code.
    pub skipped: i32,
    /// Rows with errors.
    pub rejected: i32,
    /// What is to be said about which row.
    pub issues: Vec<RowIssue>,
}

/// One thing about one row, for the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowIssue {
    /// The row's number, as a spreadsheet shows it.
    pub row: i32,
    /// What it is.
    #[serde(flatten)]
    pub error: RowError,
}

impl Outcome {
    /// Counts a row as rejected for `errors`.
    pub fn reject(&mut self, row: i32, errors: Vec<RowError>) {
        self.rejected += 1;
        self.issues.extend(errors.into_iter().map(|error| RowIssue { row, error }));
    }

    /// Counts a row as taken back by a later one with the same code.
    pub fn supersede(&mut self, row: i32, by: i32, language: Language) {
        self.skipped += 1;
        let message = match language {
            Language::En => format!("row {by} has the same SKU or EAN and stands further down: the last one counts"),
            Language::Fr => {
                format!("la ligne {by}, plus bas, a le même SKU ou EAN : la dernière est prise en compte")
            }
        };
        self.issues.push(RowIssue { row, error: RowError::row("superseded", message) });
    }

    /// How many rows are counted.
    #[must_use]
    pub fn total(&self) -> i32 {
        self.created + self.updated + self.unchanged + self.skipped + self.rejected
    }
}

impl ImportMode {
    /// The mode's name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ImportMode::Update => "update",
            ImportMode::Ignore => "ignore",
            ImportMode::CreateOnly => "create_only",
        }
    }

    /// The mode with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [ImportMode::Update, ImportMode::Ignore, ImportMode::CreateOnly].into_iter().find(|mode| mode.as_str() == name)
    }
}
