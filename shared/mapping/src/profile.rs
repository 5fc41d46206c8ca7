//! The profile of a column: how many cells are filled, and the kinds of their values.

use std::collections::BTreeMap;

use product::{DecimalMark, Gtin, parse_number};
use serde::Serialize;
use utoipa::ToSchema;

/// The profile of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ColumnProfile {
    /// The number of filled cells.
    pub filled: u64,
    /// The number of rows.
    pub rows: u64,
    /// The kind of most of the filled cells: `ean`, `integer`, `number`, `date`, `url`, `boolean`, `html` or `text`;
    /// `empty` if no cell is filled.
    pub kind: String,
    /// The number of cells of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// The length of the longest cell, in characters.
    pub longest: usize,
    /// The first different values, at most five, each cut to 80 characters.
    pub samples: Vec<String>,
}

/// Makes the profile of a column from its cells, one after the other.
#[derive(Debug, Default)]
pub struct Profiler(ColumnProfile);

impl Profiler {
    /// Adds a cell.
    pub fn see(&mut self, cell: &str) {
        let profile = &mut self.0;
        profile.rows += 1;
        let cell = cell.trim();
        if cell.is_empty() {
            return;
        }
        profile.filled += 1;
        profile.longest = profile.longest.max(cell.chars().count());
        let kind = kind_of(cell);
        match profile.kinds.get_mut(kind) {
            Some(count) => *count += 1,
            None => {
                profile.kinds.insert(kind.to_owned(), 1);
            }
        }
        if profile.samples.len() < 5 {
            let shown: String = cell.chars().take(80).collect();
            if !profile.samples.contains(&shown) {
                profile.samples.push(shown);
            }
        }
    }

    /// Returns the profile.
    #[must_use]
    pub fn finish(self) -> ColumnProfile {
        let mut profile = self.0;
        let most = profile.kinds.iter().max_by_key(|(_, count)| **count).map(|(kind, _)| kind.clone());
        profile.kind = most.unwrap_or_else(|| "empty".to_owned());
        profile
    }
}

/// Returns the kind of a filled cell.
fn kind_of(cell: &str) -> &'static str {
    let digits = cell.len() >= 8 && cell.bytes().all(|byte| byte.is_ascii_digit());
    if digits && Gtin::parse(cell).is_ok() {
        return "ean";
    }
    if cell.len() <= 15 && cell.bytes().all(|byte| byte.is_ascii_digit()) {
        return "integer";
    }
    let lower = cell.to_ascii_lowercase();
    if matches!(lower.as_str(), "true" | "false" | "yes" | "no" | "oui" | "non" | "vrai" | "faux") {
        return "boolean";
    }
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return "url";
    }
    if is_date(cell) {
        return "date";
    }
    let short = cell.len() <= 30 && cell.bytes().any(|byte| byte.is_ascii_digit());
    if short && parse_number(cell, DecimalMark::Point).is_ok() {
        return "number";
    }
    if cell.contains("</") || cell.contains("<br") || cell.contains("<p>") {
        return "html";
    }
    "text"
}

/// Returns `true` for dates such as `2026-11-21`, `21/11/2026` and `21.11.26`, with or without a time.
fn is_date(cell: &str) -> bool {
    let day = cell.split(['T', ' ']).next().unwrap_or(cell);
    let Some(separator) = ['-', '/', '.'].into_iter().find(|c| day.matches(*c).count() == 2) else { return false };
    let parts: Vec<&str> = day.split(separator).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let numbers = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    numbers && matches!(lengths.as_slice(), [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_kinds() {
        for (cell, kind) in [
            ("4006381333931", "ean"),
            ("12", "integer"),
            ("1 234,56 €", "number"),
            ("21/11/2026", "date"),
            ("2026-11-21T10:00:00", "date"),
            ("https://a.example/b.jpg", "url"),
            ("Oui", "boolean"),
            ("<p>x</p>", "html"),
            ("Vis 4x20", "text"),
            ("1.2.3.4", "text"),
        ] {
            assert_eq!(kind_of(cell), kind, "{cell}");
        }
        let mut profiler = Profiler::default();
        ["1", "", "2", "x"].into_iter().for_each(|cell| profiler.see(cell));
        let profile = profiler.finish();
        assert_eq!((profile.rows, profile.filled, profile.kind.as_str()), (4, 3, "integer"));
        assert_eq!(profile.samples, ["1", "2", "x"]);
    }
}
