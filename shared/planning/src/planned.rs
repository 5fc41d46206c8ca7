//! What rows come to.

use std::collections::BTreeMap;

use product::{FieldChange, Outcome, Product};
use rust_decimal::Decimal;
use uuid::Uuid;

/// What a row comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRow {
    /// The row's number in the file.
    pub row: i32,
    /// `created`, `updated`, `unchanged`, `skipped` or `rejected`.
    pub action: &'static str,
    /// The product that the row finds, as it was.
    pub found: Option<(Uuid, i64)>,
    /// Further products that the row names, when its codes contradict each other.
    pub also: Vec<Uuid>,
    /// The product's codes and title, as they would be.
    pub sku: Option<String>,
    /// See [`PlannedRow::sku`].
    pub ean: Option<String>,
    /// See [`PlannedRow::sku`].
    pub title: Option<String>,
    /// The fields that change; of a new product, all that it has.
    pub changes: BTreeMap<String, FieldChange>,
    /// By how many percent the price moves.
    pub price_move: Option<Decimal>,
}

/// A product that is to be written.
#[derive(Clone, Debug)]
pub struct PlannedWrite {
    /// As it was; none for a new one.
    pub before: Option<Product>,
    /// As it is to be.
    pub after: Product,
    /// The row of a file that says so.
    pub row: Option<i32>,
    /// `created`, `updated`, `trashed`, `restored` or `reverted`.
    pub action: &'static str,
}

/// What rows come to.
pub struct Plan {
    /// The products that the rows make or change.
    pub written: Vec<PlannedWrite>,
    /// What came of the rows, in numbers and messages.
    pub outcome: Outcome,
    /// What came of each row, where that is wanted.
    pub rows: Vec<PlannedRow>,
    /// Products that rows leave unchanged, which other rows may name by another code; with the number of the row.
    pub unchanged: Vec<(Uuid, i32)>,
}
