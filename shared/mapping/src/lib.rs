//! Which column of a file fills which field, and what an expression makes of a cell.
//!
//! Pure: headers and samples in, a mapping out. The names that columns have in files are in `aliases`.

mod aliases;
mod columns;
mod profile;
mod transform;

pub use aliases::normalize;
pub use columns::{
    Blank, ColumnMapping, Mapping, Suggestion, Target, code_of, known_columns, missing_required, suggest, suggest_with,
};
pub use profile::{ColumnProfile, Profiler};
pub use transform::{RowValues, Tables, Transforms, check_expression};
