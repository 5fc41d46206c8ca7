//! Numbers as suppliers write them: `1 234,56`, `1,234.56`, `89,90 €`, `1'234.50`.
//!
//! `1,234` and `1.234` have two meanings. They are read with the decimal mark of the file. [`DecimalMark::detect`]
//! finds that mark in the values that have only one meaning; it is never guessed row by row.

use std::fmt;

use messages::{Text, product as say};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The decimal mark of a file: the character between units and decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `12.50`
    #[default]
    Point,
    /// `12,50`
    Comma,
}

/// The error for a text that is not a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberError(String);

impl DecimalMark {
    /// Returns the mark of the values in `samples` that can be read in one way only: a comma if more of them need a
    /// comma than a point, else a point.
    pub fn detect<'a>(samples: impl Iterator<Item = &'a str>) -> Self {
        let (mut commas, mut points) = (0_u32, 0_u32);
        for sample in samples {
            match certain_mark(&bare(sample)) {
                Some(DecimalMark::Comma) => commas += 1,
                Some(DecimalMark::Point) => points += 1,
                None => {}
            }
        }
        if commas > points { DecimalMark::Comma } else { DecimalMark::Point }
    }

    /// Returns the first sample that can be read in two ways (`1.234`), if no sample shows which mark the file uses.
    pub fn unsure<'a>(samples: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let mut unsure = None;
        for sample in samples {
            let plain = bare(sample);
            if certain_mark(&plain).is_some() {
                return None;
            }
            let is_ambiguous = could_be_thousands(&plain, ',') || could_be_thousands(&plain, '.');
            if is_ambiguous && unsure.is_none() {
                unsure = Some(sample);
            }
        }
        unsure
    }

    const fn char(self) -> char {
        match self {
            DecimalMark::Point => '.',
            DecimalMark::Comma => ',',
        }
    }
}

/// Reads a decimal number. Currency signs and codes around it are dropped, and so are thousands separators (space,
/// comma, point, apostrophe). `mark` decides what `1,234` means.
///
/// # Errors
/// [`NumberError`] when the text is not a number, when its groups do not have three digits, or when it has more than 28
/// digits.
pub fn parse_number(text: &str, mark: DecimalMark) -> Result<Decimal, NumberError> {
    let error = || NumberError(text.trim().to_owned());
    let bare = bare(text);
    let (negative, digits) = match bare.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, bare.strip_prefix('+').unwrap_or(&bare)),
    };
    let decimal_mark = certain_mark(digits).unwrap_or(mark).char();
    let (whole, decimals) = match digits.rfind(decimal_mark) {
        Some(at) if digits.matches(decimal_mark).count() == 1 => (&digits[..at], &digits[at + 1..]),
        _ => (digits, ""),
    };
    let units = ungroup(whole).ok_or_else(error)?;
    if !decimals.bytes().all(|byte| byte.is_ascii_digit()) || (units.is_empty() && decimals.is_empty()) {
        return Err(error());
    }
    let plain = format!("{units}.{decimals}");
    let value: Decimal = plain.trim_end_matches('.').parse().map_err(|_| error())?;
    Ok(if negative { -value } else { value })
}

/// Returns the text without spaces and currency signs, and without a currency code at either end.
fn bare(text: &str) -> String {
    let compact: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '€' | '$' | '£' | '¥' | '\'' | '’')).collect();
    compact.trim_matches(|c: char| c.is_ascii_alphabetic()).to_owned()
}

/// Returns the decimal mark of `digits`, if they can be read in one way only.
fn certain_mark(digits: &str) -> Option<DecimalMark> {
    let (commas, points) = (digits.matches(',').count(), digits.matches('.').count());
    match (commas, points) {
        (0, 0) => None,
        (1.., 1..) => Some(if digits.rfind(',') > digits.rfind('.') { DecimalMark::Comma } else { DecimalMark::Point }),
        // Several marks of one kind are thousands separators, so the other one is the decimal mark.
        (2.., 0) => Some(DecimalMark::Point),
        (0, 2..) => Some(DecimalMark::Comma),
        (1, 0) => (!could_be_thousands(digits, ',')).then_some(DecimalMark::Comma),
        (0, 1) => (!could_be_thousands(digits, '.')).then_some(DecimalMark::Point),
    }
}

/// Returns `true` if the only `separator` in `digits` could be a thousands separator, as in `1,234`.
fn could_be_thousands(digits: &str, separator: char) -> bool {
    let unsigned = digits.trim_start_matches(['-', '+']);
    unsigned
        .split_once(separator)
        .is_some_and(|(before, after)| after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0'))
}

/// Returns `1,234,567` without its separators; `None` if a group does not have three digits.
fn ungroup(whole: &str) -> Option<String> {
    let mut groups = whole.split([',', '.']);
    let first = groups.next()?;
    let all_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(first) {
        return None;
    }
    let mut units = first.to_owned();
    for group in groups {
        if group.len() != 3 || !all_digits(group) || first.is_empty() || first.len() > 3 {
            return None;
        }
        units.push_str(group);
    }
    Some(units)
}

impl NumberError {
    /// Returns the message for the seller: what was expected and what was found.
    #[must_use]
    pub fn message(&self) -> Text {
        say::number_invalid(&self.0)
    }
}

/// The message in English.
impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for NumberError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, mark: DecimalMark) -> Option<String> {
        parse_number(text, mark).ok().map(|number| number.to_string())
    }

    #[test]
    fn reads_decimal_commas_and_decimal_points() {
        for (text, expected) in [
            ("12.5", "12.5"),
            ("12,50", "12.50"),
            ("1 234,56", "1234.56"),
            ("1\u{202f}234,56 €", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1.234,56", "1234.56"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("89,90€", "89.90"),
            ("EUR 89.90", "89.90"),
            ("1'234.50 CHF", "1234.50"),
            ("-5", "-5"),
            (".5", "0.5"),
            ("0,125", "0.125"),
            ("7.", "7"),
        ] {
            assert_eq!(read(text, DecimalMark::Point).as_deref(), Some(expected), "{text}");
            assert_eq!(read(text, DecimalMark::Comma).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn reads_the_ambiguous_shape_by_the_files_mark() {
        assert_eq!(read("1,234", DecimalMark::Point).as_deref(), Some("1234"));
        assert_eq!(read("1,234", DecimalMark::Comma).as_deref(), Some("1.234"));
        assert_eq!(read("1.234", DecimalMark::Point).as_deref(), Some("1.234"));
        assert_eq!(read("1.234", DecimalMark::Comma).as_deref(), Some("1234"));
    }

    #[test]
    fn takes_the_mark_from_what_is_certain() {
        assert_eq!(DecimalMark::detect(["1,234", "12,50", "7"].into_iter()), DecimalMark::Comma);
        assert_eq!(DecimalMark::detect(["1,234", "12.50"].into_iter()), DecimalMark::Point);
        assert_eq!(DecimalMark::detect(["1,234", "5"].into_iter()), DecimalMark::Point);
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "free", "12,34,56", "1.2.3", "--5", "1e5", "12 pieces 3", "N/A", "1,23.456,7"] {
            assert_eq!(read(text, DecimalMark::Point), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_written_decimal_reads_back(units in 0_i64..1_000_000_000, cents in 0_u32..100) {
            let expected: Decimal = format!("{units}.{cents:02}").parse().unwrap();
            prop_assert_eq!(parse_number(&format!("{units}.{cents:02}"), DecimalMark::Comma).unwrap(), expected);
            prop_assert_eq!(parse_number(&format!("{units},{cents:02} €"), DecimalMark::Point).unwrap(), expected);
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = parse_number(&text, DecimalMark::Comma);
        }
    }
}
