//! The seller's changes to a layout: a column filled from another field, a fixed text, or an expression.

use std::fmt;

use mapping::{Tables, Transforms};
use messages::{Text, channels as say};
use product::DecimalMark;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields::FieldRef;

/// The source of a column's text: one of `field`, `value` and `expression`. An expression may have a field too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldMapping {
    /// The column of the file, as the layout names it. For the layout `products`: the new name of the column.
    pub column: String,
    /// A field of the product: `title`, `attributes.color`, `texts.de.title`, `identifiers.amazon.asin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A text, the same for every product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// An expression as in imports: `value` is the field's text, `row` has all fields, as in
    /// `row.brand ~ " " ~ row.title` or `row.price | number * 1.1 | round(2)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
}

/// Why a mapping cannot be used, for the seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingError(pub(crate) Text);

impl MappingError {
    /// What is wrong and what to do.
    #[must_use]
    pub fn message(&self) -> Text {
        self.0.clone()
    }
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.english())
    }
}

impl std::error::Error for MappingError {}

/// Bytes of UTF-8.
const MOST_COLUMN: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Field(FieldRef),
    Value(String),
    Expression { expression: String, of: Option<FieldRef> },
}

impl FieldMapping {
    /// Returns a column of the layout `products`: a field under its own name.
    #[must_use]
    pub fn of(field: &str) -> Self {
        Self { column: field.to_owned(), field: Some(field.to_owned()), ..Self::default() }
    }

    pub(crate) fn source(&self) -> Result<Source, MappingError> {
        let wrong = |message: Text| Err(MappingError(message));
        if self.column.trim().is_empty() || self.column.len() > MOST_COLUMN || self.column.chars().any(char::is_control)
        {
            return wrong(say::column_name_invalid(MOST_COLUMN));
        }
        let field = match &self.field {
            Some(name) => match FieldRef::named(name) {
                Some(field) => Some(field),
                None => return wrong(say::field_unknown(name)),
            },
            None => None,
        };
        match (field, &self.value, &self.expression) {
            (Some(field), None, None) => Ok(Source::Field(field)),
            (None, Some(value), None) => Ok(Source::Value(value.clone())),
            (of, None, Some(expression)) => Ok(Source::Expression { expression: expression.clone(), of }),
            _ => wrong(say::source_missing(&self.column)),
        }
    }
}

/// Compiles the expressions of a mapping; `None` if it has no expression. Numbers are written with a point.
pub(crate) fn transforms(mapping: &[FieldMapping]) -> Result<Option<Transforms>, MappingError> {
    let expressions: Vec<&str> = mapping.iter().filter_map(|field| field.expression.as_deref()).collect();
    if expressions.is_empty() {
        return Ok(None);
    }
    Transforms::new(expressions, &Tables::new(), DecimalMark::Point).map(Some).map_err(MappingError)
}
