//! One row of a supplier's file, checked.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::content::MAX_IMAGES;
use crate::{Currency, DecimalMark, Field, Gtin, ProductStatus, Sku, WeightUnit, parse_number, parse_weight};

/// The text of a row, one place for each [`Field`]; `None` where the file has no such column or the cell is blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells<'a>([Option<std::borrow::Cow<'a, str>>; Field::COUNT]);

impl<'a> Cells<'a> {
    /// Puts `text` in `field`'s place; a blank text leaves it empty.
    pub fn set(&mut self, field: Field, text: impl Into<std::borrow::Cow<'a, str>>) {
        let text = text.into();
        self.0[field as usize] = (!text.trim().is_empty()).then_some(text);
    }

    /// The text in `field`'s place.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.0[field as usize].as_deref()
    }
}

/// What a row's texts are to be read by; the same for every row of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRules {
    /// The file's decimal mark.
    pub decimal_mark: DecimalMark,
    /// The unit of a weight that names none.
    pub weight_unit: WeightUnit,
    /// The currency of a price whose row names none.
    pub currency: Currency,
}

impl Default for RowRules {
    fn default() -> Self {
        Self { decimal_mark: DecimalMark::Point, weight_unit: WeightUnit::Kilogram, currency: Currency::EUR }
    }
}

/// A row whose every value is valid. `None` = the row says nothing about the field, so an update leaves it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRow {
    /// 1 to 500 characters, in one line.
    pub title: String,
    /// At least one of `sku` and `ean` is there.
    pub sku: Option<Sku>,
    /// At least one of `sku` and `ean` is there.
    pub ean: Option<Gtin>,
    /// VAT included, at least zero, at most four decimals.
    pub price: Option<Decimal>,
    /// Without VAT.
    pub net_price: Option<Decimal>,
    /// VAT included.
    pub compare_at_price: Option<Decimal>,
    /// Without VAT.
    pub cost_price: Option<Decimal>,
    /// The currency of the row's prices; `None` when it has no price.
    pub currency: Option<Currency>,
    /// At most 200 characters.
    pub brand: Option<String>,
    /// At most 65,000 bytes.
    pub description: Option<String>,
    /// At most 5,000 bytes.
    pub short_description: Option<String>,
    /// At most 500 characters.
    pub category: Option<String>,
    /// Whole pieces, at least zero.
    pub stock: Option<i32>,
    /// Absolute `http` or `https` addresses, at most 20.
    pub image_urls: Option<Vec<String>>,
    /// At most 200 characters.
    pub supplier_reference: Option<String>,
    /// In grams.
    pub weight_grams: Option<Decimal>,
    /// The status the row asks for.
    pub status: Option<ProductStatus>,
}

/// One thing that is wrong with a row, for the error report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// The field concerned; `None` when the row as a whole is wrong.
    pub field: Option<Field>,
    /// A code that clients branch on.
    pub code: String,
    /// What was expected and what was found, for the seller.
    pub message: String,
    /// The text as found, at most 200 characters of it.
    pub value: Option<String>,
}

impl RowError {
    /// An error about one field.
    #[must_use]
    pub fn field(field: Field, code: &str, message: impl fmt::Display, value: &str) -> Self {
        Self {
            field: Some(field),
            code: code.to_owned(),
            message: without_nul(&message.to_string()),
            value: Some(without_nul(value).chars().take(200).collect()),
        }
    }

    /// An error about the row as a whole.
    #[must_use]
    pub fn row(code: &str, message: impl fmt::Display) -> Self {
        Self { field: None, code: code.to_owned(), message: without_nul(&message.to_string()), value: None }
    }
}

/// What PostgreSQL can store: its text and JSON cannot hold U+0000.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The largest amount a price may have: what the database's `numeric(14,4)` holds.
const MAX_AMOUNT: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

/// Checks every cell of a row.
///
/// # Errors
/// All that is wrong with the row, not only the first: the seller mends it in one go.
pub fn validate(cells: &Cells<'_>, rules: &RowRules) -> Result<ProductRow, Vec<RowError>> {
    let mut check = Check { cells, rules, errors: Vec::new() };
    check.no_nul();

    let title = check.text(Field::Title, 500).map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
    if title.is_none() && cells.get(Field::Title).is_none() {
        check.errors.push(RowError::row("required_field_missing", "expected a title, found nothing"));
    }
    let sku =
        check.parse(Field::Sku, |text| Sku::parse(text).map_err(|error| ("field_format_invalid", error.to_string())));
    let ean = check.parse(Field::Ean, |text| Gtin::parse(text).map_err(|error| (error.code(), error.to_string())));
    if cells.get(Field::Sku).is_none() && cells.get(Field::Ean).is_none() {
        check.errors.push(RowError::row("required_field_missing", "expected an EAN or a SKU, found neither"));
    }

    let row = ProductRow {
        title: title.unwrap_or_default(),
        sku,
        ean,
        price: check.amount(Field::Price),
        net_price: check.amount(Field::NetPrice),
        compare_at_price: check.amount(Field::CompareAtPrice),
        cost_price: check.amount(Field::CostPrice),
        currency: check.currency(),
        brand: check.text(Field::Brand, 200),
        description: check.long_text(Field::Description, 65_000),
        short_description: check.long_text(Field::ShortDescription, 5_000),
        category: check.text(Field::Category, 500),
        stock: check.stock(),
        image_urls: check.image_urls(),
        supplier_reference: check.text(Field::SupplierReference, 200),
        weight_grams: check.weight(),
        status: check.parse(Field::Status, |text| {
            ProductStatus::parse(text).map_err(|error| ("field_format_invalid", error.to_string()))
        }),
    };
    if check.errors.is_empty() { Ok(row) } else { Err(check.errors) }
}

struct Check<'c> {
    cells: &'c Cells<'c>,
    rules: &'c RowRules,
    errors: Vec<RowError>,
}

impl<'c> Check<'c> {
    /// PostgreSQL's text cannot hold U+0000; a file that has one is damaged or no text.
    fn no_nul(&mut self) {
        for field in Field::ALL {
            if let Some(text) = self.cells.get(*field).filter(|text| text.contains('\0')) {
                let message = "expected text, found a NUL character: the file is damaged or not UTF-8";
                self.errors.push(RowError::field(
                    *field,
                    "field_format_invalid",
                    message,
                    &text.replace('\0', "\u{fffd}"),
                ));
            }
        }
    }

    fn parse<T>(&mut self, field: Field, read: impl FnOnce(&str) -> Result<T, (&'static str, String)>) -> Option<T> {
        let text = self.cells.get(field)?;
        match read(text) {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.errors.push(RowError::field(field, code, message, text));
                None
            }
        }
    }

    fn text(&mut self, field: Field, max_chars: usize) -> Option<String> {
        self.parse(field, |text| {
            let trimmed = text.trim();
            let length = trimmed.chars().count();
            if length > max_chars {
                return Err(("value_too_long", format!("expected at most {max_chars} characters, found {length}")));
            }
            Ok(trimmed.to_owned())
        })
    }

    fn long_text(&mut self, field: Field, max_bytes: usize) -> Option<String> {
        self.parse(field, |text| {
            if text.len() > max_bytes {
                return Err(("value_too_long", format!("expected at most {max_bytes} bytes, found {}", text.len())));
            }
            Ok(text.trim().to_owned())
        })
    }

    fn amount(&mut self, field: Field) -> Option<Decimal> {
        let mark = self.rules.decimal_mark;
        self.parse(field, |text| {
            let amount = parse_number(text, mark).map_err(|error| ("field_format_invalid", error.to_string()))?;
            if amount.is_sign_negative() && !amount.is_zero() {
                return Err(("price_negative", format!("expected a price of at least 0, found {amount}")));
            }
            if amount >= MAX_AMOUNT {
                return Err(("number_too_large", format!("expected a price below {MAX_AMOUNT}, found {amount}")));
            }
            Ok(amount.round_dp(4).normalize())
        })
    }

    /// The row's currency: its own column, else the sign beside a price, else the import's; none without a price.
    fn currency(&mut self) -> Option<Currency> {
        const PRICES: [Field; 4] = [Field::Price, Field::NetPrice, Field::CompareAtPrice, Field::CostPrice];
        let named = self.parse(Field::Currency, |text| {
            Currency::parse(text).map_err(|error| ("currency_unknown", error.to_string()))
        });
        let signs = PRICES.iter().filter_map(|field| self.cells.get(*field).and_then(sign).map(|sign| (*field, sign)));
        let signs: Vec<(Field, Currency)> = signs.collect();
        let currency = named.or_else(|| signs.first().map(|(_, sign)| *sign)).unwrap_or(self.rules.currency);
        for (field, sign) in signs {
            if sign != currency {
                let message = format!("expected prices in {currency}, found one in {sign}");
                let text = self.cells.get(field).unwrap_or_default().to_owned();
                self.errors.push(RowError::field(field, "currency_mismatch", message, &text));
            }
        }
        PRICES.iter().any(|field| self.cells.get(*field).is_some()).then_some(currency)
    }

    fn stock(&mut self) -> Option<i32> {
        let mark = self.rules.decimal_mark;
        self.parse(Field::Stock, |text| {
            let expected = |found: &str| format!("expected a whole number of pieces, found \"{}\"", found.trim());
            let number = parse_number(text, mark).map_err(|_| ("field_format_invalid", expected(text)))?;
            if number.is_sign_negative() && !number.is_zero() {
                return Err(("stock_negative", format!("expected a stock of at least 0, found {number}")));
            }
            if !number.fract().is_zero() {
                return Err(("field_format_invalid", expected(text)));
            }
            number.trunc().try_into().map_err(|_| ("number_too_large", expected(text)))
        })
    }

    fn weight(&mut self) -> Option<Decimal> {
        let (unit, mark) = (self.rules.weight_unit, self.rules.decimal_mark);
        self.parse(Field::Weight, |text| {
            let grams = parse_weight(text, unit, mark).map_err(|error| ("field_format_invalid", error.to_string()))?;
            if grams.is_sign_negative() || grams >= MAX_AMOUNT {
                return Err((
                    "field_format_invalid",
                    format!("expected a weight of at least 0, found \"{}\"", text.trim()),
                ));
            }
            Ok(grams)
        })
    }

    fn image_urls(&mut self) -> Option<Vec<String>> {
        self.parse(Field::ImageUrls, |text| {
            let urls: Vec<&str> = split_urls(text);
            if let Some(bad) = urls.iter().find(|url| !is_web_address(url)) {
                return Err((
                    "field_format_invalid",
                    format!("expected image addresses that start with http:// or https://, found \"{bad}\""),
                ));
            }
            if urls.len() > MAX_IMAGES {
                return Err(("too_many_images", format!("expected at most {MAX_IMAGES} images, found {}", urls.len())));
            }
            Ok(urls.into_iter().map(str::to_owned).collect())
        })
    }
}

/// The currency whose sign or code stands beside an amount.
fn sign(text: &str) -> Option<Currency> {
    let around = text
        .trim()
        .trim_matches(|c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ',' | '-' | '\'' | '’'));
    if around.is_empty() { None } else { Currency::parse(around).ok() }
}

/// Addresses separated by line breaks, `|`, `;`, or by a comma or a space before the next `http`.
fn split_urls(text: &str) -> Vec<&str> {
    let mut urls = Vec::new();
    for part in text.split(['\n', '\r', '|', ';']) {
        let mut rest = part.trim();
        while let Some(next) = [", http", ",http", " http"].iter().filter_map(|mark| rest.find(mark)).min() {
            urls.push(rest[..next].trim());
            rest = rest[next..].trim_start_matches([',', ' ']);
        }
        urls.push(rest.trim_end_matches(','));
    }
    urls.retain(|url| !url.is_empty());
    urls
}

pub(crate) fn is_web_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !url.contains(char::is_whitespace))
        && url.len() <= 2_000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells<'a>(pairs: &[(Field, &'a str)]) -> Cells<'a> {
        let mut cells = Cells::default();
        for (field, text) in pairs {
            cells.set(*field, *text);
        }
        cells
    }

    fn codes(pairs: &[(Field, &str)]) -> Vec<String> {
        validate(&cells(pairs), &RowRules::default()).unwrap_err().into_iter().map(|error| error.code).collect()
    }

    #[test]
    fn reads_a_full_row() {
        let row = validate(
            &cells(&[
                (Field::Title, "  Perceuse\n à percussion "),
                (Field::Sku, "P-1"),
                (Field::Ean, "4006381333931"),
                (Field::Price, "1 089,90 €"),
                (Field::Stock, "12.0"),
                (Field::Weight, "1.5kg"),
                (Field::ImageUrls, "https://a.example/1.jpg, https://a.example/2.jpg|https://a.example/3.jpg"),
                (Field::Status, "Actif"),
            ]),
            &RowRules::default(),
        )
        .unwrap();
        assert_eq!(row.title, "Perceuse à percussion");
        assert_eq!(row.price.unwrap().to_string(), "1089.9");
        assert_eq!(row.currency, Some(Currency::EUR));
        assert_eq!(row.stock, Some(12));
        assert_eq!(row.weight_grams.unwrap().to_string(), "1500");
        assert_eq!(row.image_urls.unwrap().len(), 3);
        assert_eq!(row.status, Some(ProductStatus::Active));
        assert_eq!(row.brand, None);
    }

    #[test]
    fn lists_all_that_is_wrong() {
        assert_eq!(codes(&[]), ["required_field_missing", "required_field_missing"]);
        assert_eq!(
            codes(&[
                (Field::Title, "x"),
                (Field::Ean, "4006381333932"),
                (Field::Price, "-1"),
                (Field::Currency, "DOGE"),
                (Field::Stock, "2.5"),
                (Field::ImageUrls, "ftp://a/b.jpg"),
            ]),
            [
                "ean_checksum_invalid",
                "price_negative",
                "currency_unknown",
                "field_format_invalid",
                "field_format_invalid"
            ]
        );
    }

    #[test]
    fn a_sign_against_the_currency_column_is_an_error() {
        let base = [(Field::Title, "x"), (Field::Sku, "1"), (Field::Price, "10 £")];
        assert_eq!(validate(&cells(&base), &RowRules::default()).unwrap().currency.unwrap().as_str(), "GBP");
        let mut with_column = base.to_vec();
        with_column.push((Field::Currency, "EUR"));
        assert_eq!(codes(&with_column), ["currency_mismatch"]);
    }

    #[test]
    fn a_nul_is_refused_and_does_not_reach_the_report() {
        assert_eq!(codes(&[(Field::Title, "a\0b"), (Field::Sku, "1")]), ["field_format_invalid"]);
        for field in [Field::Sku, Field::Ean, Field::Price, Field::Stock, Field::Currency] {
            let cells = cells(&[(Field::Title, "t"), (Field::Sku, "1"), (field, "1\0")]);
            for error in validate(&cells, &RowRules::default()).unwrap_err() {
                assert!(!error.message.contains('\0') && !error.value.unwrap_or_default().contains('\0'), "{field}");
            }
        }
    }

    #[test]
    fn the_bounds_are_the_databases() {
        assert_eq!(MAX_AMOUNT.to_string(), "10000000000");
        assert_eq!(
            codes(&[(Field::Title, "x"), (Field::Sku, "1"), (Field::Price, "10000000000")]),
            ["number_too_large"]
        );
    }

    proptest! {
        #[test]
        fn never_panics_on_any_text(texts in proptest::collection::vec(".*", Field::COUNT)) {
            let mut cells = Cells::default();
            for (field, text) in Field::ALL.iter().zip(&texts) {
                cells.set(*field, text.as_str());
            }
            let _ = validate(&cells, &RowRules::default());
        }
    }
}
