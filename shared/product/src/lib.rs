//! The product model and its rules.
//!
//! Everything here is pure: no async, no SQL, no AWS. A supplier's row comes in as text, one cell per
//! [`Field`]; a [`ProductRow`] whose every value is valid comes out, or the list of what is wrong with it.
//! The import, the API and the preview all go through [`validate`], so that there is one set of rules.

mod aliases;
mod attribute;
mod cells;
mod change;
mod completeness;
mod content;
mod currency;
mod edit;
mod field;
mod gtin;
mod language;
mod mapping;
mod measure;
mod number;
mod offer;
mod outcome;
mod profile;
mod provenance;
mod row;
mod rules;
mod schedule;
mod sku;
mod status;
mod stored;
mod transform;
mod validate;
mod web_address;
mod weight;

pub use aliases::normalize;
pub use attribute::{Attribute, AttributeKind, AttributeOption, check_attributes, is_code};
pub use cells::Cells;
pub use change::{FieldChange, diff, fields, with_field, with_patch};
pub use completeness::{Completeness, Requirement, Subject, assess, check_requirements, default_requirements, grade};
pub use content::{Content, ContentError, LOCALES, MAX_IMAGES, Texts};
pub use currency::{Currency, UnknownCurrency};
pub use edit::{Edit, EditAction};
pub use field::{Field, UnknownField};
pub use gtin::{Gtin, GtinError};
pub use language::Language;
pub use mapping::{
    Blank, ColumnMapping, Mapping, Suggestion, Target, code_of, known_columns, missing_required, suggest, suggest_with,
};
pub use measure::{Dimensions, LengthUnit, Weight, convert, measures, unit_sizes, units};
pub use number::{DecimalMark, NumberError, parse_number};
pub use offer::{Candidate, CategoryFee, OfferRule, PriceRule, best_offer};
pub use outcome::{ImportMode, MatchKey, Missing, Outcome, RowIssue};
pub use profile::{ColumnProfile, Profiler};
pub use provenance::{Kept, Owners, SourcePolicy};
pub use row::{OnError, ProductRow, RowError, RowRules, ShownVariants};
pub use rules::{Comparison, Rule, RuleCheck, Rules, Severity, moved_percent};
pub use schedule::Schedule;
pub use sku::{Sku, SkuError};
pub use status::{ProductStatus, UnknownStatus};
pub use stored::Product;
pub use transform::{Tables, Transforms, check_expression, strip_html};
pub use validate::validate;
pub use weight::{WeightError, WeightUnit, parse_weight};
