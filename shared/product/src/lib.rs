//! The product model and its rules.
//!
//! Everything here is pure: no async, no SQL, no AWS. A supplier's row comes in as text, one cell per
//! [`Field`]; a [`ProductRow`] whose every value is valid comes out, or the list of what is wrong with it.
//! The import, the API and the preview all go through [`validate`], so that there is one set of rules.

mod currency;
mod field;
mod gtin;
mod mapping;
mod number;
mod outcome;
mod row;
mod sku;
mod status;
mod weight;

pub use currency::{Currency, UnknownCurrency};
pub use field::{Field, UnknownField};
pub use gtin::{Gtin, GtinError};
pub use mapping::{ColumnMapping, Mapping, missing_required, suggest};
pub use number::{DecimalMark, NumberError, parse_number};
pub use outcome::{ImportMode, Outcome, RowIssue};
pub use row::{Cells, ProductRow, RowError, RowRules, validate};
pub use sku::{Sku, SkuError};
pub use status::{ProductStatus, UnknownStatus};
pub use weight::{WeightError, WeightUnit, parse_weight};
