//! A batch of an import, as it is noted.

use sqlx::types::Json;
use uuid::Uuid;

/// A batch on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRecord {
    /// Its place in the file, from 0.
    pub number: i32,
    /// Its id, the same at each delivery.
    pub id: Uuid,
    /// Where its rows are.
    pub object_key: String,
    /// How many they are.
    pub rows: i32,
    /// 0, or 1 for variants.
    pub phase: i16,
    /// Whether what came of it is known.
    pub settled: bool,
    /// Rows that a later row of the file takes back, as (row, by).
    pub superseded: Json<Vec<(i32, i32)>>,
}
