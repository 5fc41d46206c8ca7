//! Finds the rows of a file that are about the same product.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use product::{Field, Gtin};

use crate::pipeline::batch_file::BatchHeader;

/// The columns that identify the product of a row.
pub(crate) struct CodeColumns {
    pub(crate) sku: Option<usize>,
    pub(crate) ean: Option<usize>,
    pub(crate) parent: Option<usize>,
    pub(crate) title: Option<usize>,
    /// Whether one of them has an expression or a default, or is filled by several columns. Then the cell is not the
    /// value.
    pub(crate) computed: bool,
    hasher: RandomState,
}

/// The hashes of the SKU and the EAN of a row.
pub(crate) type Keys = [Option<u64>; 2];

impl CodeColumns {
    pub(crate) fn of(header: &BatchHeader) -> Self {
        let all = |field| header.columns.iter().filter(move |column| column.field == Some(field));
        let first = |field| all(field).next().map(|column| column.index);
        let is_computed = |field| {
            all(field).count() > 1 || all(field).any(|column| column.transform.is_some() || column.default.is_some())
        };
        Self {
            sku: first(Field::Sku),
            ean: first(Field::Ean),
            parent: first(Field::Parent),
            title: first(Field::Title),
            computed: [Field::Sku, Field::Ean, Field::Parent, Field::Title].into_iter().any(is_computed),
            hasher: RandomState::new(),
        }
    }

    pub(crate) fn keys(&self, sku: &str, ean: &str) -> Keys {
        let gtin = Gtin::parse(ean).ok().or_else(|| Gtin::repair(ean));
        [(!sku.is_empty()).then(|| self.hasher.hash_one(sku)), gtin.map(|gtin| self.hasher.hash_one(gtin.to_gtin14()))]
    }
}

/// The codes that were read so far, each with the last row that has it: the last valid row of a file wins for a
/// repeated SKU or EAN, in whatever order the batches are written. A code takes 16 bytes and its part of the table, so
/// that 200,000 rows need little memory.
#[derive(Default)]
pub(crate) struct Codes([HashMap<u64, (i32, i32)>; 2]);

impl Codes {
    fn earlier(&self, keys: Keys) -> impl Iterator<Item = (i32, i32)> + '_ {
        self.0.iter().zip(keys).filter_map(|(seen, key)| seen.get(&key?).copied())
    }

    pub(crate) fn knows(&self, keys: Keys) -> bool {
        self.earlier(keys).next().is_some()
    }

    /// Notes that the row `by` replaces the last rows that had these codes.
    pub(crate) fn replace_earlier(&self, by: i32, keys: Keys, superseded: &mut BTreeMap<i32, Vec<(i32, i32)>>) {
        for (batch, number) in self.earlier(keys) {
            let rows = superseded.entry(batch).or_default();
            if number != by && !rows.iter().any(|(row, _)| *row == number) {
                rows.push((number, by));
            }
        }
    }

    /// Notes a row's codes; `place` is its batch and its number. A row that is `valid` replaces the earlier rows with
    /// its codes.
    pub(crate) fn note(
        &mut self,
        place: (i32, i32),
        keys: Keys,
        valid: impl FnOnce() -> bool,
        superseded: &mut BTreeMap<i32, Vec<(i32, i32)>>,
    ) {
        if self.knows(keys) && !valid() {
            return;
        }
        self.replace_earlier(place.1, keys, superseded);
        for (seen, key) in self.0.iter_mut().zip(keys) {
            if let Some(key) = key {
                seen.insert(key, place);
            }
        }
    }
}
