//! GTIN: the number under the barcode. Our users call it EAN.
//!
//! Source of the check-digit rule: GS1 General Specifications, section 7.9 (weights 3 and 1 from the right).
//! The code stays text, because its leading zeros are part of it.

use std::fmt;

use messages::{Text, product as say};
use serde::{Deserialize, Serialize};

/// A valid GTIN-8, GTIN-12 (UPC), GTIN-13 (EAN) or GTIN-14: digits only, leading zeros kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gtin(String);

/// The reason why a text is not a GTIN; [`GtinError::message`] is the message for the seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GtinError {
    /// The text does not have 8, 12, 13 or 14 digits.
    Format {
        /// The text that was found.
        found: String,
        /// The code with leading zeros added, if that is a valid code.
        padded: Option<String>,
    },
    /// A spreadsheet turned the code into a rounded number such as `4.00638E+12`: its last digits are lost.
    Rounded(String),
    /// The last digit does not match the others.
    Checksum {
        /// The digits that were found.
        found: String,
        /// The correct last digit.
        expected: char,
    },
    /// A code that stands for "no code", such as thirteen zeros.
    Placeholder(String),
}

impl GtinError {
    /// Returns the error's code in reports: `ean_format_invalid`, `ean_checksum_invalid` or `ean_placeholder`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            GtinError::Format { .. } | GtinError::Rounded(_) => "ean_format_invalid",
            GtinError::Checksum { .. } => "ean_checksum_invalid",
            GtinError::Placeholder(_) => "ean_placeholder",
        }
    }
}

impl GtinError {
    /// Returns the message for the seller: what is wrong and what to do.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            GtinError::Format { found, padded: None } => say::ean_invalid(found),
            GtinError::Format { found, padded: Some(padded) } => say::ean_zeros_lost(found, padded),
            GtinError::Rounded(found) => say::ean_rounded(found),
            GtinError::Checksum { found, expected } => say::ean_check_digit(found, expected),
            GtinError::Placeholder(found) => say::ean_placeholder(found),
        }
    }
}

/// The message in English.
impl fmt::Display for GtinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for GtinError {}

impl Gtin {
    /// Reads a GTIN from a supplier's cell. Spaces, dashes, a leading apostrophe (the mark of text cells in
    /// spreadsheets) and a trailing `.0` are removed; nothing is guessed.
    ///
    /// # Errors
    /// [`GtinError`] when what remains is not 8, 12, 13 or 14 digits with the right check digit.
    pub fn parse(text: &str) -> Result<Self, GtinError> {
        let digits = strip(text);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let scientific = digits.contains(['e', 'E']) && digits.parse::<f64>().is_ok();
            return Err(if scientific {
                GtinError::Rounded(text.trim().to_owned())
            } else {
                GtinError::Format { found: text.trim().to_owned(), padded: None }
            });
        }
        if !matches!(digits.len(), 8 | 12 | 13 | 14) {
            return Err(GtinError::Format { padded: with_leading_zeros(&digits), found: digits });
        }
        if digits.bytes().all(|byte| byte == digits.as_bytes()[0]) {
            return Err(GtinError::Placeholder(digits));
        }
        let (body, last) = digits.split_at(digits.len() - 1);
        let expected = check_digit(body);
        if last != expected.to_string() {
            return Err(GtinError::Checksum { found: digits, expected });
        }
        Ok(Self(digits))
    }

    /// Returns the code that a spreadsheet damaged, if the check digit proves it. Two kinds of damage are repaired:
    /// lost leading zeros, and all digits written as `4.006381333931E+12`. Returns `None` if there is no proof.
    #[must_use]
    pub fn repair(text: &str) -> Option<Self> {
        let digits = strip(text);
        let whole = match digits.to_ascii_uppercase().split_once('E') {
            Some((mantissa, exponent)) => {
                let exponent: usize = exponent.trim_start_matches('+').parse().ok().filter(|power| *power <= 13)?;
                let (units, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
                let known = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
                // Fewer decimals than the exponent: the last digits were rounded away.
                if units.len() != 1 || decimals.len() != exponent || !known(units) || !known(decimals) {
                    return None;
                }
                format!("{units}{decimals}")
            }
            None => digits,
        };
        if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // One in ten shorter numbers has the check digit of an EAN-8 by chance, and many suppliers use such numbers.
        let padded = || with_leading_zeros(&whole).filter(|_| whole.len() >= 10);
        Self::parse(&whole).ok().or_else(|| padded().and_then(|padded| Self::parse(&padded).ok()))
    }

    /// Returns the digits as the supplier wrote them, with leading zeros.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the code in 14 digits. Two spellings of one code (UPC and EAN) have the same 14 digits.
    #[must_use]
    pub fn to_gtin14(&self) -> String {
        format!("{:0>14}", self.0)
    }
}

fn strip(text: &str) -> String {
    let trimmed = text.trim().trim_start_matches('\'');
    let whole = trimmed.strip_suffix(".0").unwrap_or(trimmed);
    whole.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

/// Returns the check digit of `body`, the code without its last digit.
fn check_digit(body: &str) -> char {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, byte)| u32::from(byte - b'0') * if position % 2 == 0 { 3 } else { 1 })
        .sum();
    char::from(b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or_default())
}

fn with_leading_zeros(digits: &str) -> Option<String> {
    if digits.is_empty() || digits.len() < 6 {
        return None;
    }
    [8, 12, 13, 14]
        .into_iter()
        .filter(|length| *length > digits.len())
        .map(|length| format!("{digits:0>length$}"))
        .find(|padded| Gtin::parse(padded).is_ok())
}

impl TryFrom<String> for Gtin {
    type Error = GtinError;

    fn try_from(text: String) -> Result<Self, GtinError> {
        Self::parse(&text)
    }
}

impl From<Gtin> for String {
    fn from(gtin: Gtin) -> Self {
        gtin.0
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_each_length_and_keeps_leading_zeros() {
        for code in ["96385074", "036000291452", "4006381333931", "0036000291452", "00012345600012"] {
            assert_eq!(Gtin::parse(code).unwrap().as_str(), code);
        }
    }

    #[test]
    fn cleans_what_people_and_spreadsheets_add() {
        for cell in [" 4006381333931 ", "'4006381333931", "4006381333931.0", "4 006381 333931", "400-6381-333931"] {
            assert_eq!(Gtin::parse(cell).unwrap().as_str(), "4006381333931");
        }
    }

    #[test]
    fn names_what_is_wrong() {
        assert_eq!(Gtin::parse("4006381333932").unwrap_err().code(), "ean_checksum_invalid");
        assert!(Gtin::parse("4006381333932").unwrap_err().to_string().contains("would have to be 1"));
        assert_eq!(Gtin::parse("0000000000000").unwrap_err().code(), "ean_placeholder");
        assert_eq!(Gtin::parse("12AB").unwrap_err().code(), "ean_format_invalid");
        assert_eq!(Gtin::parse("4.00638E+12").unwrap_err(), GtinError::Rounded("4.00638E+12".into()));
        let lost = Gtin::parse("36000291452").unwrap_err();
        assert!(lost.to_string().contains("036000291452"), "{lost}");
    }

    #[test]
    fn repairs_only_what_the_check_digit_proves() {
        for (spoilt, whole) in [
            ("4.006381333931E+12", Some("4006381333931")),
            ("36000291452", Some("036000291452")),
            ("4.00638E+12", None),
            ("4006381333932", None),
            ("36000291453", None),
            // One in ten of a supplier's own numbers of seven digits is a valid EAN-8 by chance.
            ("1234565", None),
            ("4E+99", None),
            ("E", None),
        ] {
            assert_eq!(Gtin::repair(spoilt).as_ref().map(Gtin::as_str), whole, "{spoilt}");
        }
    }

    #[test]
    fn one_code_in_two_spellings_is_one_gtin14() {
        let upc = Gtin::parse("036000291452").unwrap();
        let ean = Gtin::parse("0036000291452").unwrap();
        assert_eq!(upc.to_gtin14(), ean.to_gtin14());
    }

    proptest! {
        #[test]
        fn any_body_with_its_check_digit_is_valid_and_every_other_digit_is_not(body in "[1-9][0-8]{6}|[0-9]{10}[1-8]|[0-9]{11}[1-8]|[0-9]{12}[1-8]") {
            let good = check_digit(&body);
            for digit in '0'..='9' {
                let code = format!("{body}{digit}");
                if code.bytes().all(|b| b == code.as_bytes()[0]) { continue; }
                prop_assert_eq!(Gtin::parse(&code).is_ok(), digit == good);
            }
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = (Gtin::parse(&text), Gtin::repair(&text));
        }
    }
}
