//! SKU: the seller's own code of a product.

use std::fmt;

use messages::{Text, product as say};
use serde::{Deserialize, Serialize};

/// A SKU: 1 to 100 characters, without control characters and without space around it. Upper and lower case differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sku(String);

/// The reason why a text is not a SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkuError {
    /// The text is empty or has only spaces.
    Empty,
    /// The text has more than 100 characters; holds their number.
    TooLong(usize),
    /// The text has a tab, a line break or another control character.
    ControlCharacter,
}

impl Sku {
    /// The length of the longest SKU, in characters.
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

    /// Returns the SKU as text.
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

impl SkuError {
    /// Returns the message for the seller: what was expected and what was found.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            SkuError::Empty => say::sku_empty(),
            SkuError::TooLong(length) => say::sku_too_long(Sku::MAX_CHARS, length),
            SkuError::ControlCharacter => say::sku_several_lines(),
        }
    }
}

/// The message in English.
impl fmt::Display for SkuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for SkuError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_and_limits_the_length() {
        assert_eq!(Sku::parse("  0012-A ").unwrap().as_str(), "0012-A");
        assert_eq!(Sku::parse(" \t "), Err(SkuError::Empty));
        assert_eq!(Sku::parse(&"é".repeat(101)), Err(SkuError::TooLong(101)));
        assert_eq!(Sku::parse("a\nb"), Err(SkuError::ControlCharacter));
        assert!(Sku::parse(&"é".repeat(100)).is_ok());
    }
}
