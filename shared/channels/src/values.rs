//! Values in the form that channels accept: units, addresses, plain text.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use product::{Dimensions, LengthUnit, Weight, WeightUnit};
use rust_decimal::Decimal;

pub(crate) fn weight_in(weight: Option<Weight>, unit: WeightUnit) -> Option<Decimal> {
    weight.map(|weight| Weight::from_grams(weight.grams(), unit).value)
}

pub(crate) fn sides_in(size: Option<Dimensions>, unit: LengthUnit) -> [Option<Decimal>; 3] {
    let size = size.and_then(|size| Dimensions::from_millimetres(size.millimetres(), unit));
    size.map_or([None; 3], |size| [size.length, size.width, size.height])
}

/// Returns the plain text of HTML, one paragraph per line.
pub(crate) fn plain(html: &str) -> String {
    product::strip_html(html)
}

/// Everything but the unreserved characters of RFC 3986.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Characters that an address must not contain.
pub(crate) const UNSAFE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// Returns an address in ASCII without spaces (RFC 3986): other characters are written as `%XX`.
pub(crate) fn encoded(url: &str) -> Cow<'_, str> {
    utf8_percent_encode(url, UNSAFE).into()
}

/// Returns a text as a slug: lower-case ASCII letters, digits and single hyphens, at most `max` characters.
pub(crate) fn slug(text: &str, max: usize) -> String {
    let mut slug = String::new();
    for c in deunicode::deunicode(text).chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == max {
            break;
        }
    }
    slug.trim_matches('-').to_owned()
}

pub(crate) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace))
}

pub(crate) fn is_price(text: &str) -> bool {
    text.parse::<Decimal>().is_ok_and(|amount| !amount.is_sign_negative())
}
