//! Prices, stocks, rates, lengths and weights.

use messages::product as say;
use rust_decimal::Decimal;

use super::Check;
use crate::{Currency, Field, LengthUnit, RowError, parse_number, parse_weight};

/// The largest amount a price may have: what the database's `numeric(14,4)` holds.
pub(super) const MAX_AMOUNT: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

impl Check<'_> {
    pub(super) fn amount(&mut self, field: Field) -> Option<Decimal> {
        let mark = self.rules.decimal_mark;
        self.parse(field, |text| {
            let amount = parse_number(text, mark).map_err(|error| ("field_format_invalid", error.message()))?;
            if amount.is_sign_negative() && !amount.is_zero() {
                return Err(("price_negative", say::price_negative(amount)));
            }
            if amount >= MAX_AMOUNT {
                return Err(("number_too_large", say::price_too_large(MAX_AMOUNT, amount)));
            }
            Ok(amount.round_dp(4).normalize())
        })
    }

    /// Returns the row's currency: from its own column, else from the sign beside a price, else the import's currency.
    /// Returns `None` if the row has no price.
    pub(super) fn currency(&mut self) -> Option<Currency> {
        const PRICES: [Field; 4] = [Field::Price, Field::NetPrice, Field::CompareAtPrice, Field::CostPrice];
        let from_column = self.parse(Field::Currency, |text| {
            Currency::parse(text).map_err(|error| ("currency_unknown", error.message()))
        });
        let signs = PRICES.iter().filter_map(|field| self.cells.get(*field).and_then(sign).map(|sign| (*field, sign)));
        let signs: Vec<(Field, Currency)> = signs.collect();
        let currency = from_column.or_else(|| signs.first().map(|(_, sign)| *sign)).unwrap_or(self.rules.currency);
        for (field, sign) in signs {
            if sign != currency {
                let message = say::currency_mismatch(currency, sign).into_string(self.rules.language);
                let text = self.cells.get(field).unwrap_or_default().to_owned();
                self.errors.push(RowError::field(field, "currency_mismatch", message, &text));
            }
        }
        PRICES.iter().any(|field| self.cells.get(*field).is_some()).then_some(currency)
    }

    pub(super) fn stock(&mut self) -> Option<i32> {
        let mark = self.rules.decimal_mark;
        self.parse(Field::Stock, |text| {
            let not_whole = || say::stock_not_whole(text.trim());
            let number = parse_number(text, mark).map_err(|_| ("field_format_invalid", not_whole()))?;
            if number.is_sign_negative() && !number.is_zero() {
                return Err(("stock_negative", say::stock_negative(number)));
            }
            if !number.fract().is_zero() {
                return Err(("field_format_invalid", not_whole()));
            }
            number.trunc().try_into().map_err(|_| ("number_too_large", not_whole()))
        })
    }

    pub(super) fn tax_rate(&mut self) -> Option<Decimal> {
        let mark = self.rules.decimal_mark;
        self.parse(Field::TaxRate, |text| {
            let rate = parse_number(text.trim().trim_end_matches('%'), mark).ok();
            rate.filter(|rate| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(rate))
                .ok_or_else(|| ("out_of_range", say::tax_rate_range(text.trim())))
        })
    }

    /// Returns a length, converted from the unit of the cell to the unit of the rules.
    pub(super) fn side(&mut self, field: Field) -> Option<Decimal> {
        let (unit, mark) = (self.rules.length_unit, self.rules.decimal_mark);
        self.parse(field, |text| {
            let trimmed = text.trim();
            let start = trimmed.trim_end_matches(|c: char| c.is_alphabetic() || c == '"').trim_end();
            let cell_unit = match trimmed[start.len()..].trim().to_lowercase().as_str() {
                "" => Some(unit),
                "\"" | "inch" | "inches" | "pouces" => Some(LengthUnit::In),
                other => LengthUnit::named(other),
            };
            let value = parse_number(start, mark).ok().zip(cell_unit).filter(|(value, _)| !value.is_sign_negative());
            let found = value.and_then(|(value, cell_unit)| crate::convert(value, cell_unit.as_str(), unit.as_str()));
            found
                .filter(|value| *value < MAX_AMOUNT)
                .ok_or_else(|| ("field_format_invalid", say::length_invalid(trimmed)))
        })
    }

    pub(super) fn weight(&mut self) -> Option<Decimal> {
        let (unit, mark) = (self.rules.weight_unit, self.rules.decimal_mark);
        self.parse(Field::Weight, |text| {
            let grams = parse_weight(text, unit, mark).map_err(|error| ("field_format_invalid", error.message()))?;
            if grams.is_sign_negative() || grams >= MAX_AMOUNT {
                return Err(("field_format_invalid", say::weight_negative(text.trim())));
            }
            Ok(grams)
        })
    }
}

/// Returns the currency whose sign or code is beside an amount.
fn sign(text: &str) -> Option<Currency> {
    let around = text
        .trim()
        .trim_matches(|c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ',' | '-' | '\'' | '’'));
    if around.is_empty() { None } else { Currency::parse(around).ok() }
}
