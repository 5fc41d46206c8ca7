//! The product model and its rules.
//!
//! Everything here is pure: no async, no SQL, no AWS. A supplier's row comes in as text, one cell per
//! [`Field`]; a [`ProductRow`] whose every value is valid comes out, or the list of what is wrong with it.
//! The import, the API and the preview all go through [`validate`], so that there is one set of rules.

/// A product: its fields, attributes and texts, and how they change.
mod model {
    pub(crate) mod attribute;
    pub(crate) mod change;
    pub(crate) mod content;
    pub(crate) mod edit;
    pub(crate) mod field;
    pub(crate) mod stored;
}

/// A row of a file, and the result of importing it.
mod rows {
    pub(crate) mod cells;
    pub(crate) mod outcome;
    pub(crate) mod row;
    pub(crate) mod validate;
}

/// What an organisation demands of its products, and which source may write what.
mod rules {
    pub(crate) mod checks;
    pub(crate) mod completeness;
    pub(crate) mod offer;
    pub(crate) mod provenance;
}

/// Values of a product, each with the conditions under which it is valid.
mod values {
    pub(crate) mod currency;
    pub(crate) mod gtin;
    pub(crate) mod html;
    pub(crate) mod measure;
    pub(crate) mod number;
    pub(crate) mod sku;
    pub(crate) mod status;
    pub(crate) mod web_address;
    pub(crate) mod weight;
}

pub use model::attribute::{Attribute, AttributeKind, AttributeOption, check_attributes, is_code, is_day};
pub use model::change::{FieldChange, diff, fields, with_field, with_patch};
pub use model::content::{Content, ContentError, LOCALES, MAX_IMAGES, Texts};
pub use model::edit::{Edit, EditAction};
pub use model::field::{Field, UnknownField};
pub use model::stored::Product;
pub use rows::cells::Cells;
pub use rows::outcome::{ImportMode, MatchKey, Missing, Outcome, RowIssue};
pub use rows::row::{OnError, ProductRow, RowError, RowRules, ShownVariants};
pub use rows::validate::validate;
pub use rules::checks::{Comparison, Rule, RuleCheck, Rules, Severity, moved_percent};
pub use rules::completeness::{
    Completeness, Requirement, Subject, assess, check_requirements, default_requirements, grade,
};
pub use rules::offer::{Candidate, CategoryFee, OfferRule, PriceRule, best_offer};
pub use rules::provenance::{Kept, Owners, SourcePolicy};
pub use values::currency::{Currency, UnknownCurrency};
pub use values::gtin::{Gtin, GtinError};
pub use values::html::strip_html;
pub use values::measure::{Dimensions, LengthUnit, Weight, convert, measures, unit_sizes, units};
pub use values::number::{DecimalMark, NumberError, parse_number};
pub use values::sku::{Sku, SkuError};
pub use values::status::{ProductStatus, UnknownStatus};
pub use values::weight::{WeightError, WeightUnit, parse_weight};
