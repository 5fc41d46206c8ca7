//! One row of a supplier's file, checked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::content::MAX_IMAGES;
use crate::language::Language;
use crate::{
    Currency, DecimalMark, Field, Gtin, LengthUnit, ProductStatus, Sku, WeightUnit, parse_number, parse_weight,
};

/// The text of a row: one place for each [`Field`], and what fills attributes and identifiers. `None` where the file has
/// no such column or the cell is blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells<'a> {
    fields: [Option<Cow<'a, str>>; Field::COUNT],
    clear: Vec<Field>,
    attributes: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
    identifiers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl Default for Cells<'_> {
    fn default() -> Self {
        Self {
            fields: [const { None }; Field::COUNT],
            clear: Vec::new(),
            attributes: Vec::new(),
            identifiers: Vec::new(),
        }
    }
}

impl<'a> Cells<'a> {
    /// Puts `text` in `field`'s place; a blank text leaves it empty.
    pub fn set(&mut self, field: Field, text: impl Into<Cow<'a, str>>) {
        let text = text.into();
        self.fields[field as usize] = (!text.trim().is_empty()).then_some(text);
    }

    /// The text in `field`'s place.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.fields[field as usize].as_deref()
    }

    /// Says that the row's blank cell empties `field`.
    pub fn clear(&mut self, field: Field) {
        self.clear.push(field);
    }

    /// Gives an attribute a text; `None` takes its value away.
    pub fn set_attribute(&mut self, code: impl Into<Cow<'a, str>>, text: Option<Cow<'a, str>>) {
        self.attributes.push((code.into(), text));
    }

    /// Gives an identifier of a channel.
    pub fn set_identifier(&mut self, key: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        self.identifiers.push((key.into(), text.into()));
    }
}

/// What becomes of a row with a value that is not acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The row is rejected.
    #[default]
    RejectRow,
    /// The value is left out and reported, the rest of the row is taken; a code or a title that is wrong rejects the row.
    RejectValue,
}

/// What a row's texts are to be read by; the same for every row of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowRules {
    /// The file's decimal mark.
    pub decimal_mark: DecimalMark,
    /// The unit of a weight that names none.
    pub weight_unit: WeightUnit,
    /// The unit of lengths that name none.
    pub length_unit: LengthUnit,
    /// The currency of a price whose row names none.
    pub currency: Currency,
    /// What becomes of a row with a wrong value.
    pub on_error: OnError,
    /// The language of messages.
    pub language: Language,
    /// The categories of the organisation that stand for the supplier's, by the supplier's words in lower case.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, Uuid>,
}

impl Default for RowRules {
    fn default() -> Self {
        Self {
            decimal_mark: DecimalMark::Point,
            weight_unit: WeightUnit::Kilogram,
            length_unit: LengthUnit::Cm,
            currency: Currency::EUR,
            on_error: OnError::RejectRow,
            language: Language::En,
            categories: BTreeMap::new(),
        }
    }
}

/// A row whose every value is valid. `None` = the row says nothing about the field, so an update leaves it alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductRow {
    /// 1 to 500 characters, in one line. A product that is not there yet needs one.
    pub title: Option<String>,
    /// The seller's code.
    pub sku: Option<Sku>,
    /// The code under the barcode.
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
    /// In percent.
    pub tax_rate: Option<Decimal>,
    /// At most 200 characters.
    pub brand: Option<String>,
    /// At most 65,000 bytes.
    pub description: Option<String>,
    /// At most 5,000 bytes.
    pub short_description: Option<String>,
    /// At most 500 characters.
    pub category: Option<String>,
    /// The organisation's category that stands for it.
    pub category_id: Option<Uuid>,
    /// The code of the family.
    pub family: Option<String>,
    /// Whole pieces, at least zero.
    pub stock: Option<i32>,
    /// Absolute `http` or `https` addresses, at most 20.
    pub image_urls: Option<Vec<String>>,
    /// At most 200 characters.
    pub supplier_reference: Option<String>,
    /// In grams.
    pub weight_grams: Option<Decimal>,
    /// Length, width and height.
    pub sides: [Option<Decimal>; 3],
    /// The unit of the sides.
    pub length_unit: LengthUnit,
    /// The status the row asks for.
    pub status: Option<ProductStatus>,
    /// At most 100, each at most 100 characters.
    pub tags: Option<Vec<String>>,
    /// At most 300 characters.
    pub seo_title: Option<String>,
    /// At most 1,000 characters.
    pub seo_description: Option<String>,
    /// At most 300 characters.
    pub slug: Option<String>,
    /// What tells the parent of a variant.
    pub parent: Option<String>,
    /// The axes of variants: of a parent without values, of a variant with its values.
    pub options: Vec<(String, Option<String>)>,
    /// Attributes by their codes, as texts; `None` takes the value away.
    pub attributes: Vec<(String, Option<String>)>,
    /// What channels call the product.
    pub identifiers: Vec<(String, String)>,
    /// Fields that the row's blank cells empty.
    pub clear: Vec<Field>,
    /// What is to be said about the row although it is taken: values that were repaired or left out.
    pub notices: Vec<RowError>,
}

/// One thing that is wrong with a row, for the error report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// The field concerned, such as `price` or `attributes.color`; `None` when the row as a whole is wrong.
    pub field: Option<String>,
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
    pub fn field(field: impl fmt::Display, code: &str, message: impl fmt::Display, value: &str) -> Self {
        Self {
            field: Some(field.to_string()),
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

    /// Whether it is only said: the row is taken.
    #[must_use]
    pub fn is_notice(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ean_repaired" | "value_left_out" | "field_kept" | "rule_warning" | "sku_from_handle" | "price_warning"
        )
    }
}

/// What PostgreSQL can store: its text and JSON cannot hold U+0000.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The largest amount a price may have: what the database's `numeric(14,4)` holds.
const MAX_AMOUNT: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

/// What Excel shows where a formula has no value.
const SPREADSHEET_ERRORS: [&str; 8] =
    ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"];

/// Checks every cell of a row.
///
/// # Errors
/// All that is wrong with the row, not only the first: the seller mends it in one go.
pub fn validate(cells: &Cells<'_>, rules: &RowRules) -> Result<ProductRow, Vec<RowError>> {
    let mut check = Check { cells, rules, errors: Vec::new(), notices: Vec::new() };
    check.no_nul();

    let title = check.text(Field::Title, 500).map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
    let sku =
        check.parse(Field::Sku, |text| Sku::parse(text).map_err(|error| ("field_format_invalid", error.to_string())));
    let ean = check.ean();
    let known = [Field::Sku, Field::Ean, Field::SupplierReference, Field::Parent];
    if known.iter().all(|field| cells.get(*field).is_none()) && cells.identifiers.is_empty() {
        let message = rules.language.choose(
            "expected an EAN or a SKU, found neither",
            "un EAN ou un SKU est attendu, la ligne n'a ni l'un ni l'autre",
        );
        check.errors.push(RowError::row("required_field_missing", message));
    }
    let category = check.text(Field::Category, 500);
    let category_id =
        category.as_ref().and_then(|category| rules.categories.get(&category.trim().to_lowercase()).copied());

    let row = ProductRow {
        title,
        sku,
        ean,
        price: check.amount(Field::Price),
        net_price: check.amount(Field::NetPrice),
        compare_at_price: check.amount(Field::CompareAtPrice),
        cost_price: check.amount(Field::CostPrice),
        currency: check.currency(),
        tax_rate: check.tax_rate(),
        brand: check.text(Field::Brand, 200),
        description: check.long_text(Field::Description, 65_000),
        short_description: check.long_text(Field::ShortDescription, 5_000),
        category,
        category_id,
        family: check.text(Field::Family, 100),
        stock: check.stock(),
        image_urls: check.image_urls(),
        supplier_reference: check.text(Field::SupplierReference, 200),
        weight_grams: check.weight(),
        sides: [check.side(Field::Length), check.side(Field::Width), check.side(Field::Height)],
        length_unit: rules.length_unit,
        status: check.parse(Field::Status, |text| {
            ProductStatus::parse(text).map_err(|error| ("field_format_invalid", error.to_string()))
        }),
        tags: check.tags(),
        seo_title: check.text(Field::SeoTitle, 300),
        seo_description: check.text(Field::SeoDescription, 1_000),
        slug: check.text(Field::Slug, 300),
        parent: check.text(Field::Parent, 200),
        options: check.options(),
        attributes: cells
            .attributes
            .iter()
            .map(|(code, text)| (code.clone().into_owned(), text.as_ref().map(|text| text.trim().to_owned())))
            .collect(),
        identifiers: cells
            .identifiers
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(key, value)| (key.clone().into_owned(), value.trim().to_owned()))
            .collect(),
        clear: cells.clear.clone(),
        notices: Vec::new(),
    };
    let (errors, mut notices) = (check.errors, check.notices);
    if errors.is_empty() {
        return Ok(ProductRow { notices, ..row });
    }
    let needed = |error: &RowError| matches!(error.field.as_deref(), None | Some("title" | "sku" | "ean" | "parent"));
    if rules.on_error == OnError::RejectRow || errors.iter().any(needed) {
        return Err(errors);
    }
    notices.extend(errors.into_iter().map(|error| RowError {
        message: format!(
            "{} ({})",
            error.message,
            rules.language.choose("the value was left out", "la valeur n'a pas été reprise")
        ),
        code: "value_left_out".to_owned(),
        ..error
    }));
    Ok(ProductRow { notices, ..row })
}

struct Check<'c> {
    cells: &'c Cells<'c>,
    rules: &'c RowRules,
    errors: Vec<RowError>,
    notices: Vec<RowError>,
}

impl<'c> Check<'c> {
    /// PostgreSQL's text cannot hold U+0000; a file that has one is damaged or no text.
    fn no_nul(&mut self) {
        for field in Field::ALL {
            if let Some(text) = self.cells.get(*field).filter(|text| text.contains('\0')) {
                let message = self.rules.language.choose(
                    "expected text, found a NUL character: the file is damaged or not UTF-8",
                    "un texte est attendu, la cellule contient un caractère NUL : le fichier est abîmé ou n'est pas en UTF-8",
                );
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
        if SPREADSHEET_ERRORS.contains(&text.trim()) {
            let message = match self.rules.language {
                Language::En => {
                    format!("expected a value, found the spreadsheet's error {}; correct the formula", text.trim())
                }
                Language::Fr => {
                    format!(
                        "une valeur est attendue, la cellule contient l'erreur {} du tableur ; corrigez la formule",
                        text.trim()
                    )
                }
            };
            self.errors.push(RowError::field(field, "spreadsheet_error", message, text));
            return None;
        }
        match read(text) {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.errors.push(RowError::field(field, code, message, text));
                None
            }
        }
    }

    fn text(&mut self, field: Field, max_chars: usize) -> Option<String> {
        let language = self.rules.language;
        self.parse(field, |text| {
            let trimmed = text.trim();
            let length = trimmed.chars().count();
            if length > max_chars {
                return Err((
                    "value_too_long",
                    match language {
                        Language::En => format!("expected at most {max_chars} characters, found {length}"),
                        Language::Fr => format!("{max_chars} caractères au plus sont attendus, il y en a {length}"),
                    },
                ));
            }
            Ok(trimmed.to_owned())
        })
    }

    fn long_text(&mut self, field: Field, max_bytes: usize) -> Option<String> {
        let language = self.rules.language;
        self.parse(field, |text| {
            if text.len() > max_bytes {
                return Err((
                    "value_too_long",
                    match language {
                        Language::En => format!("expected at most {max_bytes} bytes, found {}", text.len()),
                        Language::Fr => format!("{max_bytes} octets au plus sont attendus, il y en a {}", text.len()),
                    },
                ));
            }
            Ok(text.trim().to_owned())
        })
    }

    fn amount(&mut self, field: Field) -> Option<Decimal> {
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

    fn stock(&mut self) -> Option<i32> {
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

    /// The EAN; one that a spreadsheet spoilt is repaired where its check digit proves which it was, and that is said.
    fn ean(&mut self) -> Option<Gtin> {
        let text = self.cells.get(Field::Ean)?;
        let language = self.rules.language;
        if Gtin::parse(text).is_err()
            && let Some(repaired) = Gtin::repair(text)
        {
            let message = match language {
                Language::En => format!(
                    "a spreadsheet spoilt the code \"{}\"; its check digit proves that it is {repaired}",
                    text.trim()
                ),
                Language::Fr => format!(
                    "un tableur a abîmé le code « {} » ; sa clé de contrôle prouve que c'est {repaired}",
                    text.trim()
                ),
            };
            self.notices.push(RowError::field(Field::Ean, "ean_repaired", message, text));
            return Some(repaired);
        }
        self.parse(Field::Ean, |text| {
            Gtin::parse(text).map_err(|error| {
                (error.code(), if language == Language::Fr { error.to_french() } else { error.to_string() })
            })
        })
    }

    fn tax_rate(&mut self) -> Option<Decimal> {
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
    fn side(&mut self, field: Field) -> Option<Decimal> {
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

    fn tags(&mut self) -> Option<Vec<String>> {
        let language = self.rules.language;
        self.parse(Field::Tags, |text| {
            let mut tags: Vec<String> = Vec::new();
            for tag in text.split([',', ';', '|', '\n']).map(str::trim).filter(|tag| !tag.is_empty()) {
                if !tags.iter().any(|known| known.to_lowercase() == tag.to_lowercase()) {
                    tags.push(tag.to_owned());
                }
            }
            if tags.len() > 100 || tags.iter().any(|tag| tag.chars().count() > 100 || tag.chars().any(char::is_control))
            {
                let message = language.choose(
                    "expected at most 100 tags of at most 100 characters",
                    "100 étiquettes de 100 caractères au plus sont attendues",
                );
                return Err(("too_many", message.to_owned()));
            }
            Ok(tags)
        })
    }

    /// The axes and values that the row names.
    fn options(&mut self) -> Vec<(String, Option<String>)> {
        const AXES: [(Field, Field); 3] = [
            (Field::Option1Name, Field::Option1Value),
            (Field::Option2Name, Field::Option2Value),
            (Field::Option3Name, Field::Option3Value),
        ];
        let mut options = Vec::new();
        for (name, value) in AXES {
            let (name, value) = (self.text(name, 100), self.text(value, 200));
            if let Some(name) = name {
                options.push((name, value));
            }
        }
        options
    }

    fn weight(&mut self) -> Option<Decimal> {
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

    fn image_urls(&mut self) -> Option<Vec<String>> {
        let language = self.rules.language;
        self.parse(Field::ImageUrls, |text| {
            let urls: Vec<&str> = split_urls(text);
            if let Some(bad) = urls.iter().find(|url| !is_web_address(url)) {
                return Err((
                    "field_format_invalid",
                    match language {
                        Language::En => format!("expected image addresses that start with http:// or https://, found \"{bad}\""),
                        Language::Fr => {
                            format!("des adresses d'images qui commencent par http:// ou https:// sont attendues, la cellule contient « {bad} »")
                        }
                    },
                ));
            }
            if urls.len() > MAX_IMAGES {
                return Err((
                    "too_many_images",
                    match language {
                        Language::En => format!("expected at most {MAX_IMAGES} images, found {}", urls.len()),
                        Language::Fr => format!("{MAX_IMAGES} images au plus sont attendues, il y en a {}", urls.len()),
                    },
                ));
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
        assert_eq!(row.title.as_deref(), Some("Perceuse à percussion"));
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
        assert_eq!(codes(&[]), ["required_field_missing"]);
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
    fn a_wrong_value_can_be_left_out_instead_of_its_row() {
        let rules = RowRules { on_error: OnError::RejectValue, language: Language::Fr, ..RowRules::default() };
        let wrong = [(Field::Title, "x"), (Field::Sku, "1"), (Field::Price, "#N/A"), (Field::Stock, "beaucoup")];
        let row = validate(&cells(&wrong), &rules).unwrap();
        assert_eq!((row.price, row.stock), (None, None));
        let told: Vec<&str> = row.notices.iter().map(|notice| notice.message.as_str()).collect();
        assert!(told[0].contains("l'erreur #N/A du tableur") && told[1].contains("« beaucoup »"), "{told:?}");
        assert!(row.notices.iter().all(RowError::is_notice));
        // A row whose code is wrong is nobody's.
        assert!(validate(&cells(&[(Field::Sku, "1"), (Field::Ean, "123")]), &rules).is_err());
    }

    #[test]
    fn reads_lengths_tags_and_axes() {
        let row = validate(
            &cells(&[
                (Field::Sku, "1"),
                (Field::Length, "1,5 m"),
                (Field::Width, "10\""),
                (Field::Height, "3"),
                (Field::Tags, "Été, été; new"),
                (Field::TaxRate, "5,5 %"),
                (Field::Option1Name, "Size"),
                (Field::Option1Value, "M"),
                (Field::Option2Name, "Color"),
            ]),
            &RowRules::default(),
        )
        .unwrap();
        assert_eq!(row.sides.map(|side| side.unwrap().to_string()), ["150", "25.4", "3"]);
        assert_eq!(row.tags.unwrap(), ["Été", "new"]);
        assert_eq!(row.tax_rate.unwrap().to_string(), "5.5");
        assert_eq!(row.options, [("Size".to_owned(), Some("M".to_owned())), ("Color".to_owned(), None)]);
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
