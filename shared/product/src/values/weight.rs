//! Weights, stored in grams.

use std::fmt;

use messages::{Text, product as say};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::values::number::{DecimalMark, parse_number};

/// A unit of weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WeightUnit {
    /// Grams.
    #[serde(rename = "g")]
    Gram,
    /// Kilograms, the default: what PrestaShop, WooCommerce and Odoo assume in Europe.
    #[default]
    #[serde(rename = "kg")]
    Kilogram,
    /// Avoirdupois pounds, 453.59237 g.
    #[serde(rename = "lb")]
    Pound,
    /// Avoirdupois ounces, 28.349523125 g.
    #[serde(rename = "oz")]
    Ounce,
}

/// The error for a text that is not a weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightError(String);

impl WeightUnit {
    /// Returns the unit with this name or abbreviation, such as `kg` or `grammes`.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Some(match text.trim().to_lowercase().as_str() {
            "g" | "gr" | "gram" | "grams" | "gramme" | "grammes" => WeightUnit::Gram,
            "kg" | "kgs" | "kilo" | "kilos" | "kilogram" | "kilograms" | "kilogramme" | "kilogrammes" => {
                WeightUnit::Kilogram
            }
            "lb" | "lbs" | "pound" | "pounds" => WeightUnit::Pound,
            "oz" | "ounce" | "ounces" => WeightUnit::Ounce,
            _ => return None,
        })
    }

    /// Returns the unit's abbreviation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            WeightUnit::Gram => "g",
            WeightUnit::Kilogram => "kg",
            WeightUnit::Pound => "lb",
            WeightUnit::Ounce => "oz",
        }
    }

    /// Returns the number of decimals of a weight in this unit: stored weights are rounded to a thousandth of a gram.
    pub(crate) const fn decimals(self) -> u32 {
        match self {
            WeightUnit::Gram => 3,
            WeightUnit::Kilogram => 6,
            WeightUnit::Pound | WeightUnit::Ounce => 4,
        }
    }

    /// Returns the size of the unit in grams.
    pub(crate) fn grams(self) -> Decimal {
        match self {
            WeightUnit::Gram => Decimal::ONE,
            WeightUnit::Kilogram => Decimal::ONE_THOUSAND,
            WeightUnit::Pound => Decimal::new(45_359_237, 5),
            WeightUnit::Ounce => Decimal::new(28_349_523_125, 9),
        }
    }
}

/// Reads a weight such as `1.5kg` or `250` and returns it in grams, rounded to a thousandth. `unit` is the unit of a
/// number without a unit.
///
/// # Errors
/// [`WeightError`] when the text does not start with a number, or the unit behind it is unknown.
pub fn parse_weight(text: &str, unit: WeightUnit, mark: DecimalMark) -> Result<Decimal, WeightError> {
    let error = || WeightError(text.trim().to_owned());
    let trimmed = text.trim();
    let suffix_at = trimmed.find(|c: char| c.is_alphabetic()).unwrap_or(trimmed.len());
    let (number, suffix) = trimmed.split_at(suffix_at);
    let unit = if suffix.is_empty() { unit } else { WeightUnit::named(suffix).ok_or_else(error)? };
    let value = parse_number(number, mark).map_err(|_| error())?;
    Ok(value.checked_mul(unit.grams()).ok_or_else(error)?.round_dp(3).normalize())
}

impl WeightError {
    /// Returns the message for the seller: what was expected and what was found.
    #[must_use]
    pub fn message(&self) -> Text {
        say::weight_invalid(&self.0)
    }
}

/// The message in English.
impl fmt::Display for WeightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for WeightError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_to_grams() {
        let read = |text| parse_weight(text, WeightUnit::Kilogram, DecimalMark::Point).map(|grams| grams.to_string());
        assert_eq!(read("1.5kg").as_deref(), Ok("1500"));
        assert_eq!(read("1,5").as_deref(), Ok("1500"));
        assert_eq!(read("250 g").as_deref(), Ok("250"));
        assert_eq!(read("1 lb").as_deref(), Ok("453.592"));
        assert_eq!(read("2 oz").as_deref(), Ok("56.699"));
        assert!(read("3 stones").is_err());
        assert!(read("heavy").is_err());
    }
}
