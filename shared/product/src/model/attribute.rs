//! Attributes: fields that an organisation defines itself, besides the fields that every product has.

use std::collections::BTreeMap;

use messages::{Text, product as say};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::DecimalMark;
use crate::model::content::{ContentError, LOCALES};
use crate::values::measure;

/// The longest text of an attribute, in characters.
const MAX_TEXT: usize = 10_000;

/// The kind of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// A text.
    Text,
    /// A number, with a unit when the attribute measures something.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day, such as `2026-11-21`.
    Date,
    /// One of the attribute's options.
    Select,
    /// Some of the attribute's options.
    MultiSelect,
}

impl AttributeKind {
    /// Returns the kind's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            AttributeKind::Text => "text",
            AttributeKind::Number => "number",
            AttributeKind::Boolean => "boolean",
            AttributeKind::Date => "date",
            AttributeKind::Select => "select",
            AttributeKind::MultiSelect => "multi_select",
        }
    }

    /// Returns the kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        use AttributeKind::{Boolean, Date, MultiSelect, Number, Select, Text};
        [Text, Number, Boolean, Date, Select, MultiSelect].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The definition of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The name for people.
    pub name: String,
    /// The names in other languages, by locale.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// The kind of its values. It cannot be changed later.
    pub kind: AttributeKind,
    /// The code of the group in which it is shown.
    #[serde(default)]
    pub group: Option<String>,
    /// For a number: the measure, such as `length` or `power`.
    #[serde(default)]
    pub measure: Option<String>,
    /// For a number: the unit of values that are given without a unit. Default: the measure's standard unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// For a select or multi-select: the options.
    #[serde(default)]
    pub options: Vec<AttributeOption>,
    /// For a text: whether it has a value in each language.
    #[serde(default)]
    pub localisable: bool,
}

/// An option of a select or multi-select.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeOption {
    /// The code, which is the value in products.
    pub code: String,
    /// The name for people.
    pub name: String,
    /// The names in other languages, by locale.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

/// Returns `true` if a text can be a code: 1 to 100 characters of `a-z`, `0-9`, `_` and `-`.
#[must_use]
pub fn is_code(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-')
}

impl Attribute {
    /// Creates the definition of a text attribute with this name.
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            names: BTreeMap::new(),
            kind: AttributeKind::Text,
            group: None,
            measure: None,
            unit: None,
            options: Vec::new(),
            localisable: false,
        }
    }

    /// Checks the definition itself.
    #[must_use]
    pub fn check(&self) -> Vec<ContentError> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, code: &str, message: Text| errors.push(ContentError::new(field, code, message));
        let length = self.name.trim().chars().count();
        if !(1..=200).contains(&length) {
            wrong("name", "length", say::name_length(length));
        }
        for (field, locale) in
            self.names.keys().map(|locale| ("names", locale)).chain(
                self.options.iter().flat_map(|option| option.names.keys().map(|locale| ("options.names", locale))),
            )
        {
            if !LOCALES.contains(&locale.as_str()) {
                wrong(field, "locale_unknown", say::one_of(LOCALES.join(", "), locale));
            }
        }
        let selects = matches!(self.kind, AttributeKind::Select | AttributeKind::MultiSelect);
        if selects == self.options.is_empty() {
            let message = if selects { say::options_missing() } else { say::options_unexpected() };
            wrong("options", "invalid", message);
        }
        if self.options.len() > 5_000 {
            wrong("options", "too_many", say::too_many_options(self.options.len()));
        }
        let mut codes = std::collections::HashSet::new();
        for option in &self.options {
            if !is_code(&option.code) || !codes.insert(&option.code) {
                wrong("options", "code_invalid", say::option_code(&option.code));
            }
        }
        match (&self.measure, self.kind) {
            (Some(measure), AttributeKind::Number) => {
                let units = measure::units(measure);
                if units.is_empty() {
                    let known: Vec<&str> = measure::measures().collect();
                    wrong("measure", "unknown", say::one_of(known.join(", "), measure));
                } else if let Some(unit) = self.unit.as_ref().filter(|unit| !units.contains(&unit.as_str())) {
                    wrong("unit", "unknown", say::one_of(units.join(", "), unit));
                }
            }
            (None, _) if self.unit.is_some() => wrong("unit", "invalid", say::unit_without_measure()),
            (Some(_), _) => wrong("measure", "invalid", say::measure_without_number()),
            _ => {}
        }
        if self.localisable && self.kind != AttributeKind::Text {
            wrong("localisable", "invalid", say::localisable_without_text());
        }
        errors
    }

    /// Returns the unit of a value that is given without a unit.
    #[must_use]
    pub fn default_unit(&self) -> Option<String> {
        let measure = self.measure.as_deref()?;
        self.unit.clone().or_else(|| measure::units(measure).first().map(|unit| (*unit).to_owned()))
    }

    /// Checks a value and returns it in the form in which it is stored.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn read(&self, value: &Value) -> Result<Value, Text> {
        match self.kind {
            AttributeKind::Text if self.localisable => {
                let texts = value.as_object().ok_or_else(|| say::texts_expected(value))?;
                if let Some(locale) = texts.keys().find(|locale| !LOCALES.contains(&locale.as_str())) {
                    return Err(say::one_of(LOCALES.join(", "), locale));
                }
                texts
                    .iter()
                    .filter(|(_, text)| !text.is_null())
                    .map(|(locale, text)| Ok((locale.clone(), text_value(text)?)))
                    .collect::<Result<Map<_, _>, Text>>()
                    .map(Value::Object)
            }
            AttributeKind::Text => text_value(value),
            AttributeKind::Number => self.number(value),
            AttributeKind::Boolean => value.as_bool().map(Value::Bool).ok_or_else(|| say::boolean_expected(value)),
            AttributeKind::Date => {
                let text = value.as_str().filter(|text| is_day(text));
                text.map(|text| json!(text)).ok_or_else(|| say::day_expected(value))
            }
            AttributeKind::Select => self.option(value),
            AttributeKind::MultiSelect => {
                let values = value.as_array().ok_or_else(|| say::list_expected(value))?;
                let mut codes = values.iter().map(|value| self.option(value)).collect::<Result<Vec<_>, Text>>()?;
                let mut seen = std::collections::HashSet::new();
                codes.retain(|code| seen.insert(code.to_string()));
                Ok(Value::Array(codes))
            }
        }
    }

    /// Reads a value from a supplier's text, such as `oui`, `12,5 cm` or the name of an option, and returns it in the
    /// form in which it is stored. `mark` is the file's decimal mark, `locale` the language of its texts.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn from_text(&self, text: &str, mark: DecimalMark, locale: &str) -> Result<Value, Text> {
        let text = text.trim();
        let option = |text: &str| {
            let wanted = text.trim().to_lowercase();
            let matches = |option: &&AttributeOption| {
                option.code == wanted
                    || option.name.to_lowercase() == wanted
                    || option.names.values().any(|name| name.to_lowercase() == wanted)
            };
            self.options.iter().find(matches).map_or_else(|| json!(text.trim()), |option| json!(option.code))
        };
        let value = match self.kind {
            AttributeKind::Text if self.localisable => json!({ locale: text }),
            AttributeKind::Text | AttributeKind::Date => json!(text),
            AttributeKind::Boolean => match text.to_lowercase().as_str() {
                "1" | "true" | "yes" | "oui" | "vrai" | "y" | "o" | "ja" | "si" => json!(true),
                "0" | "false" | "no" | "non" | "faux" | "n" | "nein" => json!(false),
                _ => return Err(say::yes_or_no(text)),
            },
            AttributeKind::Number => {
                let start = text
                    .trim_end_matches(|c: char| c.is_alphabetic() || matches!(c, '"' | '%' | '°' | '²' | '³'))
                    .trim_end();
                let unit = text[start.len()..].trim();
                let amount = crate::parse_number(start, mark).map_err(|error| error.message())?;
                if unit.is_empty() || self.measure.is_none() {
                    json!(amount.to_string())
                } else {
                    json!({ "amount": amount.to_string(), "unit": unit })
                }
            }
            AttributeKind::Select => option(text),
            AttributeKind::MultiSelect => {
                text.split([',', ';', '|', '\n']).filter(|part| !part.trim().is_empty()).map(option).collect()
            }
        };
        self.read(&value)
    }

    fn option(&self, value: &Value) -> Result<Value, Text> {
        let known = |code: &&str| self.options.iter().any(|option| option.code == **code);
        value.as_str().filter(known).map(|code| json!(code)).ok_or_else(|| {
            let codes: Vec<&str> = self.options.iter().take(20).map(|option| option.code.as_str()).collect();
            say::one_of(codes.join(", "), plain(value))
        })
    }

    fn number(&self, value: &Value) -> Result<Value, Text> {
        let (amount, unit) = match value {
            Value::Object(parts) => {
                if let Some(other) = parts.keys().find(|key| !matches!(key.as_str(), "amount" | "unit")) {
                    return Err(say::amount_key(other));
                }
                (parts.get("amount").unwrap_or(&Value::Null), parts.get("unit").filter(|unit| !unit.is_null()))
            }
            bare => (bare, None),
        };
        let parsed = match amount {
            Value::Number(number) => number.to_string().parse::<Decimal>().ok(),
            Value::String(text) => text.trim().parse::<Decimal>().ok(),
            _ => None,
        };
        let amount = parsed.ok_or_else(|| say::number_expected(amount))?.normalize();
        let unit = match unit {
            Some(unit) => {
                let units = self.measure.as_deref().map(measure::units).unwrap_or_default();
                let known = unit.as_str().filter(|unit| units.contains(unit));
                let unknown = || match units.as_slice() {
                    [] => say::unit_unexpected(plain(unit)),
                    units => say::unit_unknown(units.join(", "), plain(unit)),
                };
                Some(known.ok_or_else(unknown)?.to_owned())
            }
            None => self.default_unit(),
        };
        Ok(json!({ "amount": amount.to_string(), "unit": unit }))
    }
}

/// Returns a value as people read it: a text without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn text_value(value: &Value) -> Result<Value, Text> {
    let text = value.as_str().ok_or_else(|| say::text_expected(value))?;
    match text.chars().count() {
        _ if text.contains('\0') => Err(say::nul_character()),
        length if length > MAX_TEXT => Err(say::too_long(MAX_TEXT, length)),
        _ => Ok(json!(text)),
    }
}

/// Returns `true` if a text is a day of the Gregorian calendar, written `YYYY-MM-DD`.
pub fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let number = |range: std::ops::Range<usize>| {
        text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<u32>().ok()
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Checks a product's attribute values by the organisation's definitions, and puts them into the form in which they are
/// stored.
///
/// # Errors
/// Each value that its definition does not allow, and each value without a definition.
pub fn check_attributes(
    values: &mut Map<String, Value>,
    definitions: &BTreeMap<String, Attribute>,
) -> Result<(), Vec<ContentError>> {
    let mut errors = Vec::new();
    values.retain(|_, value| !value.is_null());
    for (code, value) in values.iter_mut() {
        let field = format!("attributes.{code}");
        match definitions.get(code) {
            None => {
                errors.push(ContentError::new(field, "attribute_unknown", say::attribute_unknown(code)));
            }
            Some(attribute) => match attribute.read(value) {
                Ok(stored) => *value = stored,
                Err(message) => errors.push(ContentError::new(field, "field_format_invalid", message)),
            },
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

#[cfg(test)]
mod text_tests {
    use super::*;

    #[test]
    fn suppliers_texts_become_values() {
        let attribute = |json: Value| serde_json::from_value::<Attribute>(json).unwrap();
        let read = |attribute: &Attribute, text: &str| attribute.from_text(text, DecimalMark::Comma, "fr");
        let size = attribute(json!({"name": "Size", "kind": "number", "measure": "length", "unit": "cm"}));
        assert_eq!(read(&size, "1.234,5").unwrap(), json!({"amount": "1234.5", "unit": "cm"}));
        assert_eq!(read(&size, "12 mm").unwrap(), json!({"amount": "12", "unit": "mm"}));
        assert!(read(&size, "12 kg").is_err());
        let wet = attribute(json!({"name": "Wet", "kind": "boolean"}));
        assert_eq!(read(&wet, "Oui").unwrap(), json!(true));
        assert!(read(&wet, "perhaps").is_err());
        let options =
            json!([{"code": "red", "name": "Red", "names": {"fr": "Rouge"}}, {"code": "blue", "name": "Blue"}]);
        let colors = attribute(json!({"name": "Colors", "kind": "multi_select", "options": options}));
        assert_eq!(read(&colors, "Rouge, BLUE").unwrap(), json!(["red", "blue"]));
        assert!(read(&colors, "green").is_err());
        let text = attribute(json!({"name": "Care", "kind": "text", "localisable": true}));
        assert_eq!(read(&text, "Laver").unwrap(), json!({"fr": "Laver"}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: AttributeKind) -> Attribute {
        let option = |code: &str| AttributeOption { code: code.into(), name: code.into(), names: BTreeMap::new() };
        let selects = matches!(kind, AttributeKind::Select | AttributeKind::MultiSelect);
        Attribute {
            name: "Name".into(),
            names: BTreeMap::new(),
            kind,
            group: None,
            measure: (kind == AttributeKind::Number).then(|| "length".into()),
            unit: (kind == AttributeKind::Number).then(|| "cm".into()),
            options: if selects { vec![option("red"), option("blue")] } else { Vec::new() },
            localisable: false,
        }
    }

    #[test]
    fn each_kind_accepts_its_values_and_no_others() {
        use AttributeKind::{Boolean, Date, MultiSelect, Number, Select, Text};
        let read = |kind, value: Value| attribute(kind).read(&value);
        assert_eq!(read(Text, json!("")), Ok(json!("")), "empty is a value");
        assert_eq!(read(Number, json!(12.5)), Ok(json!({"amount": "12.5", "unit": "cm"})));
        assert_eq!(read(Number, json!({"amount": "0.50", "unit": "m"})), Ok(json!({"amount": "0.5", "unit": "m"})));
        assert_eq!(read(Boolean, json!(true)), Ok(json!(true)));
        assert_eq!(read(Date, json!("2024-02-29")), Ok(json!("2024-02-29")));
        assert_eq!(read(Select, json!("red")), Ok(json!("red")));
        assert_eq!(read(MultiSelect, json!(["red", "blue", "red"])), Ok(json!(["red", "blue"])));
        for (kind, value) in [
            (Text, json!(5)),
            (Number, json!("five")),
            (Number, json!({"amount": 1, "unit": "kg"})),
            (Number, json!({"amount": 1, "units": "cm"})),
            (Boolean, json!("yes")),
            (Date, json!("2023-02-29")),
            (Date, json!("21/11/2026")),
            (Select, json!("green")),
            (MultiSelect, json!("red")),
        ] {
            assert!(read(kind, value.clone()).is_err(), "{kind:?} takes no {value}");
        }
        let localised = Attribute { localisable: true, ..attribute(Text) };
        assert_eq!(localised.read(&json!({"fr": "Rouge", "en": null})), Ok(json!({"fr": "Rouge"})));
        assert!(localised.read(&json!({"xx": "?"})).is_err() && localised.read(&json!("Rouge")).is_err());
    }

    #[test]
    fn definitions_are_checked() {
        assert!(AttributeKind::named("select").is_some_and(|kind| attribute(kind).check().is_empty()));
        assert!(!Attribute { options: Vec::new(), ..attribute(AttributeKind::Select) }.check().is_empty());
        assert!(!Attribute { measure: Some("taste".into()), ..attribute(AttributeKind::Number) }.check().is_empty());
        assert!(!Attribute { localisable: true, ..attribute(AttributeKind::Boolean) }.check().is_empty());
        assert!(is_code("screen_size-2") && !is_code("Screen size") && !is_code(""));
        let mut values = Map::from_iter([
            ("color".to_owned(), json!("red")),
            ("gone".to_owned(), Value::Null),
            ("new".to_owned(), json!(1)),
        ]);
        let definitions = BTreeMap::from([("color".to_owned(), attribute(AttributeKind::Select))]);
        assert_eq!(check_attributes(&mut values, &definitions).unwrap_err()[0].code, "attribute_unknown");
        assert!(!values.contains_key("gone"), "null = not known any more");
    }
}
