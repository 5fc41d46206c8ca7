//! Independent readers of import files, as the platforms' importers take them. Written from the fact sheets
//! only (the fact sheet *), without reading the code that writes the files. This file holds the common
//! result type and the small checks that all readers share.

use std::str::FromStr;

use rust_decimal::Decimal;

pub mod amazon;
pub mod google;
pub mod magento;
pub mod odoo;
pub mod odoo_xml;
mod php;
pub mod prestashop;
mod prestashop_columns;
pub mod shopify;
pub mod woocommerce;
pub mod wxr;
mod xml;

/// One sellable thing as the platform would store it; what the format does not carry stays None / empty.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Seen {
    pub sku: Option<String>,
    /// SKU / handle / id of the parent, of a variant; None for a product of its own and for the parent itself.
    pub parent: Option<String>,
    /// It has variants and is not sold itself.
    pub is_parent: bool,
    pub title: Option<String>,
    pub description: Option<String>,
    pub short_description: Option<String>,
    pub ean: Option<String>,
    pub brand: Option<String>,
    /// Each a path from the root down.
    pub categories: Vec<Vec<String>>,
    pub tags: Vec<String>,
    /// What is paid now.
    pub price: Option<Decimal>,
    /// The price before the sale, if there is a sale.
    pub regular_price: Option<Decimal>,
    pub net_price: Option<Decimal>,
    pub cost: Option<Decimal>,
    pub currency: Option<String>,
    pub stock: Option<i64>,
    pub weight_grams: Option<Decimal>,
    pub images: Vec<String>,
    /// Axis, value of a variant.
    pub options: Vec<(String, String)>,
    pub attributes: Vec<(String, String)>,
    pub published: Option<bool>,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
    pub slug: Option<String>,
    pub link: Option<String>,
    pub condition: Option<String>,
    pub id: Option<String>,
}

/// A line number and the cells of that record.
pub(crate) type Row = (u64, Vec<String>);

/// The text of the file without a BOM; UTF-8 without NUL characters, or an error.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("the file is not UTF-8: {e}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err("the file holds NUL characters (UTF-16?)".into());
    }
    Ok(text)
}

/// All records of a CSV text. `strict` also refuses a quote inside an unquoted cell.
pub(crate) fn table(text: &str, delimiter: u8, strict: bool) -> Result<Vec<Row>, String> {
    check_quotes(text, delimiter, strict)?;
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| format!("CSV: {e}"))?;
        let line = record.position().map_or(0, |p| p.line());
        rows.push((line, record.iter().map(str::to_owned).collect()));
    }
    Ok(rows)
}

#[derive(Clone, Copy)]
enum At {
    Start,
    Blank,
    Bare,
    Quoted,
    Closed,
}

/// Quotes that readers understand differently: never closed, followed by text, or preceded by a blank.
fn check_quotes(text: &str, delimiter: u8, strict: bool) -> Result<(), String> {
    let (mut at, mut line, mut opened) = (At::Start, 1u64, 1u64);
    for &b in text.as_bytes() {
        at = match (at, b) {
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) => At::Quoted,
            (At::Closed, b'"') => At::Quoted,
            (At::Start, b'"') => {
                opened = line;
                At::Quoted
            }
            (_, b'\n' | b'\r') => At::Start,
            (_, d) if d == delimiter => At::Start,
            (At::Closed, _) => return Err(format!("line {line}: text after a closing quote")),
            (At::Blank, b'"') => return Err(format!("line {line}: blank before an opening quote")),
            (_, b'"') if strict => return Err(format!("line {line}: quote in an unquoted cell")),
            (At::Start | At::Blank, b' ' | b'\t') => At::Blank,
            _ => At::Bare,
        };
        line += u64::from(b == b'\n');
    }
    match at {
        At::Quoted => Err(format!("the quote opened in line {opened} is never closed")),
        _ => Ok(()),
    }
}

/// A number of digits with at most one `.`: no sign, comma, currency, exponent or blank.
pub(crate) fn decimal(s: &str) -> Result<Decimal, String> {
    let dots = s.bytes().filter(|b| *b == b'.').count();
    let digits = s.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || dots > 1 || digits + dots != s.len() || s.ends_with('.') {
        return Err(format!("{s:?} is not a plain decimal number"));
    }
    Decimal::from_str_exact(&format!("0{s}")).map_err(|e| format!("{s:?}: {e}"))
}

/// A number with digits on both sides of its `.`; the error names what it is.
pub(crate) fn number(name: &str, value: &str) -> Result<Decimal, String> {
    let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
    if whole.is_empty() || part.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(format!("{name}: {value:?} is not a plain decimal"));
    }
    Decimal::from_str(value).map_err(|e| format!("{name}: {value:?}: {e}"))
}

/// The same as [`decimal`] with an optional leading minus.
pub(crate) fn signed(s: &str) -> Result<Decimal, String> {
    match s.strip_prefix('-') {
        Some(rest) => decimal(rest).map(|d| -d),
        None => decimal(s),
    }
}

/// A whole number of digits with an optional leading minus.
pub(crate) fn whole(s: &str) -> Result<i64, String> {
    let digits = s.strip_prefix('-').unwrap_or(s);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("{s:?} is not a whole number"));
    }
    s.parse().map_err(|e| format!("{s:?}: {e}"))
}

/// A GTIN of 8, 12, 13 or 14 digits with the right check digit.
pub(crate) fn gtin(s: &str) -> Result<(), String> {
    let digits: Vec<u32> = s.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != s.len() || !matches!(digits.len(), 8 | 12 | 13 | 14) {
        return Err(format!("{s:?} is not a GTIN of 8, 12, 13 or 14 digits"));
    }
    let sum: u32 = digits.iter().rev().enumerate().map(|(i, d)| if i % 2 == 1 { d * 3 } else { *d }).sum();
    if !sum.is_multiple_of(10) {
        return Err(format!("{s:?} has a wrong check digit"));
    }
    Ok(())
}

/// A barcode cell that takes any text: what has the form of a GTIN must be one; no number format of Excel.
pub(crate) fn barcode(s: &str) -> Result<(), String> {
    if s.bytes().all(|b| b.is_ascii_digit()) {
        return if matches!(s.len(), 8 | 12 | 13 | 14) { gtin(s) } else { Ok(()) };
    }
    if s.trim() != s || s.to_ascii_uppercase().contains("E+") || decimal(s).is_ok() {
        return Err(format!("{s:?} is a barcode damaged by a spreadsheet"));
    }
    Ok(())
}

/// An absolute http(s) address with a host and without blanks, quotes or angle brackets.
pub(crate) fn url(s: &str) -> Result<(), String> {
    let lower = s.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let host = rest.is_some_and(|r| r.starts_with(|c: char| c.is_alphanumeric() || c == '['));
    let odd = |c: char| c.is_whitespace() || c.is_control() || "\"<>".contains(c);
    if !host || s.contains(odd) {
        return Err(format!("{s:?} is not an http(s) URL"));
    }
    Ok(())
}

/// A calendar day `yyyy-mm-dd`.
pub(crate) fn date(s: &str) -> Result<(), String> {
    let bad = || format!("{s:?} is not a date yyyy-mm-dd");
    let parts: Vec<&str> = s.split('-').collect();
    let [y, m, d] = parts[..] else {
        return Err(bad());
    };
    if s.len() != 10 || y.len() != 4 || m.len() != 2 || d.len() != 2 {
        return Err(bad());
    }
    let year = whole(y).map_err(|_| bad())?;
    let month = whole(m).map_err(|_| bad())?;
    let day = whole(d).map_err(|_| bad())?;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return Err(bad()),
    };
    if day < 1 || day > last { Err(bad()) } else { Ok(()) }
}

/// None for an empty cell.
pub(crate) fn some(s: &str) -> Option<String> {
    (!s.is_empty()).then(|| s.to_owned())
}

/// An error when the text has more characters than allowed.
pub(crate) fn at_most(s: &str, limit: usize) -> Result<(), String> {
    match s.chars().count() {
        n if n > limit => Err(format!("{n} characters, {limit} allowed")),
        _ => Ok(()),
    }
}
