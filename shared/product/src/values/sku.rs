//! SKU: the seller's own code of a product.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A SKU: 1 to 100 characters, none of them a control character, no space around it. Case matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sku(String);

/// Why a text is no SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkuError {
    /// Nothing but spaces.
    Empty,
    /// More than 100 characters; holds how many.
    TooLong(usize),
    /// A tab, a line break or another control character.
    ControlCharacter,
}

impl Sku {
    /// The longest SKU, in characters.
    pub const MAX_CHARS: usize = 100;

    /// Reads a SKU from a cell; the space around it is dropped.
    ///
    /// # Errors
    /// [`SkuError`] when it is empty, too long or holds a control character.
    pub fn parse(text: &str) -> Result<Self, SkuError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(SkuError::Empty);
        }
        let length = trimmed.chars().count();
        if length > Self::MAX_CHARS {
            return Err(SkuError::TooLong(length));
        }
        if trimmed.chars().any(char::is_control) {
            return Err(SkuError::ControlCharacter);
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The SKU as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Sku {
    type Error = SkuError;

    fn try_from(text: String) -> Result<Self, SkuError> {
        Self::parse(&text)
    }
}

impl From<Sku> for String {
    fn from(sku: Sku) -> Self {
        sku.0
    }
}

impl fmt::Display for SkuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkuError::Empty => f.write_str("expected a SKU, found nothing"),
            SkuError::TooLong(length) => {
                write!(f, "expected a SKU of at most {} characters, found {length}", Sku::MAX_CHARS)
            }
            SkuError::ControlCharacter => f.write_str("expected a SKU in one line, found a tab or a line break in it"),
        }
    }
}

impl std::error::Error for SkuError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_and_bounds() {
        assert_eq!(Sku::parse("  0012-A ").unwrap().as_str(), "0012-A");
        assert_eq!(Sku::parse(" \t "), Err(SkuError::Empty));
        assert_eq!(Sku::parse(&"é".repeat(101)), Err(SkuError::TooLong(101)));
        assert_eq!(Sku::parse("a\nb"), Err(SkuError::ControlCharacter));
        assert!(Sku::parse(&"é".repeat(100)).is_ok());
    }
}
