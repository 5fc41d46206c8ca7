//! Prices, stocks, rates, lengths and weights.

use rust_decimal::Decimal;

use super::Check;
use crate::{Currency, Field, Language, LengthUnit, RowError, parse_number, parse_weight};

/// The largest amount a price may have: what the database's `numeric(14,4)` holds.
pub(super) const MAX_AMOUNT: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

impl Check<'_> {
    pub(super) fn amount(&mut self, field: Field) -> Option<Decimal> {
        let (mark, language) = (self.rules.decimal_mark, self.rules.language);
        self.parse(field, |text| {
            let amount = parse_number(text, mark).map_err(|error| {
                let message = match language {
                    Language::En => error.to_string(),
                    Language::Fr => format!("un nombre est attendu, la cellule contient « {} »", text.trim()),
                };
                ("field_format_invalid", message)
            })?;
            if amount.is_sign_negative() && !amount.is_zero() {
                return Err((
                    "price_negative",
                    match language {
                        Language::En => format!("expected a price of at least 0, found {amount}"),
                        Language::Fr => format!("un prix d'au moins 0 est attendu, la cellule contient {amount}"),
                    },
                ));
            }
            if amount >= MAX_AMOUNT {
                return Err((
                    "number_too_large",
                    match language {
                        Language::En => format!("expected a price below {MAX_AMOUNT}, found {amount}"),
                        Language::Fr => {
                            format!("un prix inférieur à {MAX_AMOUNT} est attendu, la cellule contient {amount}")
                        }
                    },
                ));
            }
            Ok(amount.round_dp(4).normalize())
        })
    }

    /// The row's currency: its own column, else the sign beside a price, else the import's; none without a price.
    pub(super) fn currency(&mut self) -> Option<Currency> {
        const PRICES: [Field; 4] = [Field::Price, Field::NetPrice, Field::CompareAtPrice, Field::CostPrice];
        let named = self.parse(Field::Currency, |text| {
            Currency::parse(text).map_err(|error| ("currency_unknown", error.to_string()))
        });
        let signs = PRICES.iter().filter_map(|field| self.cells.get(*field).and_then(sign).map(|sign| (*field, sign)));
        let signs: Vec<(Field, Currency)> = signs.collect();
        let currency = named.or_else(|| signs.first().map(|(_, sign)| *sign)).unwrap_or(self.rules.currency);
        for (field, sign) in signs {
            if sign != currency {
                let message = match self.rules.language {
                    Language::En => format!("expected prices in {currency}, found one in {sign}"),
                    Language::Fr => format!("des prix en {currency} sont attendus, celui-ci est en {sign}"),
                };
                let text = self.cells.get(field).unwrap_or_default().to_owned();
                self.errors.push(RowError::field(field, "currency_mismatch", message, &text));
            }
        }
        PRICES.iter().any(|field| self.cells.get(*field).is_some()).then_some(currency)
    }

    pub(super) fn stock(&mut self) -> Option<i32> {
        let (mark, language) = (self.rules.decimal_mark, self.rules.language);
        self.parse(Field::Stock, |text| {
            let expected = |found: &str| match language {
                Language::En => format!("expected a whole number of pieces, found \"{}\"", found.trim()),
                Language::Fr => {
                    format!("un nombre entier de pièces est attendu, la cellule contient « {} »", found.trim())
                }
            };
            let number = parse_number(text, mark).map_err(|_| ("field_format_invalid", expected(text)))?;
            if number.is_sign_negative() && !number.is_zero() {
                return Err((
                    "stock_negative",
                    match language {
                        Language::En => format!("expected a stock of at least 0, found {number}"),
                        Language::Fr => format!("un stock d'au moins 0 est attendu, la cellule contient {number}"),
                    },
                ));
            }
            if !number.fract().is_zero() {
                return Err(("field_format_invalid", expected(text)));
            }
            number.trunc().try_into().map_err(|_| ("number_too_large", expected(text)))
        })
    }

    pub(super) fn tax_rate(&mut self) -> Option<Decimal> {
        let (mark, language) = (self.rules.decimal_mark, self.rules.language);
        self.parse(Field::TaxRate, |text| {
            let rate = parse_number(text.trim().trim_end_matches('%'), mark).ok();
            rate.filter(|rate| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(rate)).ok_or_else(|| {
                let message = match language {
                    Language::En => format!("expected a rate between 0 and 100 percent, found \"{}\"", text.trim()),
                    Language::Fr => {
                        format!("un taux entre 0 et 100 % est attendu, la cellule contient « {} »", text.trim())
                    }
                };
                ("out_of_range", message)
            })
        })
    }

    /// A length in the rules' unit, whatever unit the cell names.
    pub(super) fn side(&mut self, field: Field) -> Option<Decimal> {
        let (unit, mark, language) = (self.rules.length_unit, self.rules.decimal_mark, self.rules.language);
        self.parse(field, |text| {
            let trimmed = text.trim();
            let start = trimmed.trim_end_matches(|c: char| c.is_alphabetic() || c == '"').trim_end();
            let named = match trimmed[start.len()..].trim().to_lowercase().as_str() {
                "" => Some(unit),
                "\"" | "inch" | "inches" | "pouces" => Some(LengthUnit::In),
                other => LengthUnit::named(other),
            };
            let value = parse_number(start, mark).ok().zip(named).filter(|(value, _)| !value.is_sign_negative());
            let found = value.and_then(|(value, named)| crate::convert(value, named.as_str(), unit.as_str()));
            found.filter(|value| *value < MAX_AMOUNT).ok_or_else(|| {
                let message = match language {
                    Language::En => format!("expected a length such as 12.5 or 12.5 cm, found \"{trimmed}\""),
                    Language::Fr => format!(
                        "une longueur telle que 12,5 ou 12,5 cm est attendue, la cellule contient « {trimmed} »"
                    ),
                };
                ("field_format_invalid", message)
            })
        })
    }

    pub(super) fn weight(&mut self) -> Option<Decimal> {
        let (unit, mark, language) = (self.rules.weight_unit, self.rules.decimal_mark, self.rules.language);
        self.parse(Field::Weight, |text| {
            let french = || format!("un poids d'au moins 0 est attendu, la cellule contient « {} »", text.trim());
            let grams = parse_weight(text, unit, mark).map_err(|error| {
                ("field_format_invalid", if language == Language::Fr { french() } else { error.to_string() })
            })?;
            if grams.is_sign_negative() || grams >= MAX_AMOUNT {
                let message = format!("expected a weight of at least 0, found \"{}\"", text.trim());
                return Err(("field_format_invalid", if language == Language::Fr { french() } else { message }));
            }
            Ok(grams)
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
