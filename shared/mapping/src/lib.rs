//! Maps the columns of a file to fields, and computes values from cells with expressions.
//!
//! Pure: the input is headers and samples, the output is a mapping. The known names of columns are in `aliases`.

mod aliases;
mod bounded;
mod columns;
mod filter_error;
mod profile;
mod transform;

pub use aliases::normalize;
pub use columns::{
    Blank, ColumnMapping, Mapping, Suggestion, Target, code_of, known_columns, missing_required, suggest,
};
pub use profile::{ColumnProfile, Profiler};
pub use transform::{RowValues, Tables, Transforms, check_expression};
