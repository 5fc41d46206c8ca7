//! What the seller maps otherwise than a layout does: a column from another field, a fixed text, or an expression.

use std::fmt;

use mapping::{Tables, Transforms};
use product::DecimalMark;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields::FieldRef;

/// Where a column's text comes from. One of `field`, `value` and `expression`; an expression may have a field too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldMapping {
    /// The column of the file, as the layout names it; of a free file, as it is to be named.
    pub column: String,
    /// A field of the product: `title`, `attributes.color`, `texts.de.title`, `identifiers.amazon.asin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A text, the same for every product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// An expression as imports have them: `value` is the field's text, `row` has all fields, as in `row.brand ~ " " ~ row.title`
    /// or `row.price | number * 1.1 | round(2)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
}

/// Why a mapping cannot be used, for the seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingError(pub String);

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MappingError {}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Field(FieldRef),
    Value(String),
    Expression { expression: String, of: Option<FieldRef> },
}

impl FieldMapping {
    /// A column of a free file: a field under its own name.
    #[must_use]
    pub fn of(field: &str) -> Self {
        Self { column: field.to_owned(), field: Some(field.to_owned()), ..Self::default() }
    }

    pub(crate) fn source(&self) -> Result<Source, MappingError> {
        let wrong = |message: String| Err(MappingError(message));
        if self.column.trim().is_empty() || self.column.len() > 300 || self.column.chars().any(char::is_control) {
            return wrong("expected the name of a column, in one line of at most 300 bytes".to_owned());
        }
        let field = match &self.field {
            Some(name) => match FieldRef::named(name) {
                Some(field) => Some(field),
                None => return wrong(format!("products have no field \"{name}\"")),
            },
            None => None,
        };
        match (field, &self.value, &self.expression) {
            (Some(field), None, None) => Ok(Source::Field(field)),
            (None, Some(value), None) => Ok(Source::Value(value.clone())),
            (of, None, Some(expression)) => Ok(Source::Expression { expression: expression.clone(), of }),
            _ => wrong(format!("expected a field, a value or an expression for the column \"{}\"", self.column)),
        }
    }
}

/// The expressions of a mapping, ready to be used; none when it has none. Numbers are written with a point.
pub(crate) fn transforms(mapping: &[FieldMapping]) -> Result<Option<Transforms>, MappingError> {
    let expressions: Vec<&str> = mapping.iter().filter_map(|one| one.expression.as_deref()).collect();
    if expressions.is_empty() {
        return Ok(None);
    }
    Transforms::new(expressions, &Tables::new(), DecimalMark::Point).map(Some).map_err(MappingError)
}
