//! The results of imported rows, and what an import does with products that exist already.

use messages::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::RowError;

/// What an import does with a product that exists already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// Changes it to the values of the row; fields without a value in the row stay as they are.
    #[default]
    Update,
    /// Leaves it as it is.
    Ignore,
    /// Leaves it as it is: the import only creates products.
    CreateOnly,
}

/// The code by which a row's product is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchKey {
    /// The seller's code.
    Sku,
    /// The GTIN in any of its spellings.
    Ean,
    /// The supplier's own code; only products of that supplier are searched.
    SupplierReference,
}

impl MatchKey {
    /// The default: the SKU, then the EAN.
    pub const DEFAULT: [MatchKey; 2] = [MatchKey::Sku, MatchKey::Ean];
}

/// What an import does with the supplier's products that are not in the file.
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

/// The results of imported rows. Each row is counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Products that were created.
    pub created: i32,
    /// Products that were changed.
    pub updated: i32,
    /// Products that already had the values of the row.
    pub unchanged: i32,
    /// Rows that were left out on purpose: because of the mode, or because a later row has the same code.
    pub skipped: i32,
    /// Rows with errors.
    pub rejected: i32,
    /// The errors and notices about rows.
    pub issues: Vec<RowIssue>,
}

/// An error or a notice about one row, for the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowIssue {
    /// The row's number, as a spreadsheet shows it.
    pub row: i32,
    /// The error or notice.
    #[serde(flatten)]
    pub error: RowError,
}

impl Outcome {
    /// Counts a row as rejected for `errors`.
    pub fn reject(&mut self, row: i32, errors: Vec<RowError>) {
        self.rejected += 1;
        self.issues.extend(errors.into_iter().map(|error| RowIssue { row, error }));
    }

    /// Counts a row as skipped, because the later row `by` has the same code.
    pub fn supersede(&mut self, row: i32, by: i32, language: Language) {
        self.skipped += 1;
        let message = messages::product::superseded(by).into_string(language);
        self.issues.push(RowIssue { row, error: RowError::row("superseded", message) });
    }

    /// Returns the number of counted rows.
    #[must_use]
    pub fn total(&self) -> i32 {
        self.created + self.updated + self.unchanged + self.skipped + self.rejected
    }
}

impl ImportMode {
    /// Returns the mode's name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ImportMode::Update => "update",
            ImportMode::Ignore => "ignore",
            ImportMode::CreateOnly => "create_only",
        }
    }

    /// Returns the mode with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [ImportMode::Update, ImportMode::Ignore, ImportMode::CreateOnly].into_iter().find(|mode| mode.as_str() == name)
    }
}
