//! The result of planning rows.

use std::collections::BTreeMap;

use product::{FieldChange, Outcome, Product};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The result of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRow {
    /// The row's number in the file.
    pub row: i32,
    /// `created`, `updated`, `unchanged`, `skipped` or `rejected`.
    pub action: &'static str,
    /// The product that the row finds: its id and its version before the import.
    pub found: Option<(Uuid, i64)>,
    /// The other products that have one of the row's codes, if the codes contradict each other.
    pub also: Vec<Uuid>,
    /// The product's SKU after the import.
    pub sku: Option<String>,
    /// The product's EAN after the import.
    pub ean: Option<String>,
    /// The product's title after the import.
    pub title: Option<String>,
    /// The fields that change; for a new product, all its fields.
    pub changes: BTreeMap<String, FieldChange>,
    /// The change of the price, in percent.
    pub price_move: Option<Decimal>,
}

/// A product to write.
#[derive(Clone, Debug)]
pub struct PlannedWrite {
    /// The product before the change; `None` for a new product.
    pub before: Option<Product>,
    /// The product after the change.
    pub after: Product,
    /// The number of the row of a file that makes the change.
    pub row: Option<i32>,
    /// `created`, `updated`, `trashed`, `restored` or `reverted`.
    pub action: &'static str,
}

/// The result of planning rows.
pub struct Plan {
    /// The products that the rows create or change.
    pub written: Vec<PlannedWrite>,
    /// The results of the rows: numbers and messages.
    pub outcome: Outcome,
    /// The result of each row, if [`Context::trace`](crate::Context::trace) is set.
    pub rows: Vec<PlannedRow>,
    /// The products that rows leave unchanged and that other rows may name by another code, with the number of the row.
    pub unchanged: Vec<(Uuid, i32)>,
}
