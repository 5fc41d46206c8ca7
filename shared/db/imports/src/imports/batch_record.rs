//! A batch of an import, as it is stored.

use sqlx::types::Json;
use uuid::Uuid;

/// A batch of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRecord {
    /// Its place in the file, from 0.
    pub number: i32,
    /// Its id, the same at each delivery.
    pub id: Uuid,
    /// The object key of its rows.
    pub object_key: String,
    /// How many rows it has.
    pub rows: i32,
    /// 0, or 1 for variants.
    pub phase: i16,
    /// Whether its result is known.
    pub settled: bool,
    /// The rows that a later row of the file replaces, as (row, later row).
    pub superseded: Json<Vec<(i32, i32)>>,
}
