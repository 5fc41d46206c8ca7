//! Expressions that compute a value from a supplier's cell: `value | number * 1.2`, `row["Marque"] ~ " " ~ value`.
//!
//! The language is that of minijinja's expressions, with filters for suppliers' files. An expression cannot read
//! anything outside the row, and an expression that takes too many steps is stopped.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use messages::{Text, mapping as say};
use minijinja::value::Rest;
use minijinja::{Environment, Error, ErrorKind, Value, context, filters};
use product::{DecimalMark, parse_number, strip_html};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use crate::bounded::{self, MAX_RESULT, begin, bounded, text_of};
use crate::filter_error::{FilterError, wrong};

/// The highest number of steps of one expression for one cell.
const FUEL: u64 = 20_000;
/// The highest number of compiled patterns that are kept for one file.
const MAX_PATTERNS: usize = 100;

/// Tables of replacements, by name: the value in the file, and the new value.
pub type Tables = BTreeMap<String, BTreeMap<String, String>>;

/// Compiled expressions.
pub struct Transforms {
    environment: Environment<'static>,
    known: Vec<String>,
    reads_row: bool,
}

/// A row's cells by column, as [`Transforms::apply`] needs them.
pub struct RowValues(Value);

impl std::fmt::Debug for Transforms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transforms").field("known", &self.known).finish_non_exhaustive()
    }
}

/// Checks that an expression can be used.
///
/// # Errors
/// The message for the seller: why it cannot be used.
pub fn check_expression(expression: &str) -> Result<(), Text> {
    Transforms::new([expression], &Tables::new(), DecimalMark::Point).map(|_| ())
}

impl Transforms {
    /// Compiles expressions. `mark` is the file's decimal mark.
    ///
    /// # Errors
    /// The message for the seller: which expression cannot be used, and why.
    pub fn new<'e>(
        expressions: impl IntoIterator<Item = &'e str>,
        tables: &Tables,
        mark: DecimalMark,
    ) -> Result<Self, Text> {
        let mut environment = environment(tables, mark);
        let mut known = Vec::new();
        for expression in expressions {
            if known.iter().any(|other| other == expression) {
                continue;
            }
            if expression.len() > 2_000 || expression.contains("{%") || expression.contains("%}") {
                return Err(say::expression_form(expression));
            }
            let bounded =
                bounded(expression).map_err(|error| say::expression_unreadable(expression, error_text(&error)))?;
            environment
                .add_template_owned(expression.to_owned(), format!("{{{{ ({bounded}) | as_text }}}}"))
                .map_err(|error| say::expression_unreadable(expression, error_text(&error)))?;
            // An unknown filter is an error only at run time, so the expression is run once.
            begin();
            let result = environment
                .get_template(expression)
                .and_then(|template| template.render(context! { value => "", row => Value::UNDEFINED }));
            if let Err(error) = result
                && matches!(
                    error.kind(),
                    ErrorKind::UnknownFilter
                        | ErrorKind::UnknownFunction
                        | ErrorKind::UnknownMethod
                        | ErrorKind::UnknownTest
                )
            {
                return Err(say::expression_unusable(expression, error_text(&error)));
            }
            known.push(expression.to_owned());
        }
        let reads_row = known.iter().any(|expression| expression.contains("row"));
        Ok(Self { environment, known, reads_row })
    }

    /// Returns a row's cells, given as (column, text), for [`Transforms::apply`]. They are built once for all
    /// expressions of the row, and only if an expression reads them.
    pub fn row<'c>(&self, cells: impl Iterator<Item = (&'c str, &'c str)>) -> RowValues {
        RowValues(if self.reads_row { Value::from_pairs(cells) } else { Value::UNDEFINED })
    }

    /// Returns the result of an expression for a cell of a row.
    ///
    /// # Errors
    /// The message for the seller: why the expression has no result.
    pub fn apply(&self, expression: &str, value: &str, row: &RowValues) -> Result<String, Text> {
        begin();
        let template = self.environment.get_template(expression).map_err(|error| error_text(&error))?;
        let result = template.render(context! { value, row => &row.0 }).map_err(|error| error_text(&error))?;
        if result.len() > MAX_RESULT {
            return Err(say::result_too_long(MAX_RESULT));
        }
        Ok(result)
    }
}

/// Returns the reason of an error, without its position in a template that users do not see.
fn error_text(error: &Error) -> Text {
    if let Some(FilterError(text)) = std::error::Error::source(error).and_then(|source| source.downcast_ref()) {
        return text.clone();
    }
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => say::expression_too_slow(),
        (_, Some(detail)) => Text::verbatim(detail),
        (kind, None) => Text::verbatim(kind.to_string()),
    }
}

fn environment(tables: &Tables, mark: DecimalMark) -> Environment<'static> {
    let lower = |text: &str| text.trim().to_lowercase();
    let tables: HashMap<String, HashMap<String, String>> = tables
        .iter()
        .map(|(name, entries)| (name.clone(), entries.iter().map(|(from, to)| (lower(from), to.clone())).collect()))
        .collect();
    let (patterns, finders) = (Patterns::default(), Patterns::default());
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    environment.add_filter("as_text", move |value: Value| as_text(&value, mark));
    environment.add_filter("piece", bounded::piece);
    environment.add_filter("term", bounded::term);
    environment.add_filter("factor", bounded::factor);
    environment.add_filter("trim", |text: Value, signs: Option<String>| {
        let text = text_of(&text)?;
        Ok::<_, Error>(match signs {
            None => text.trim().to_owned(),
            Some(signs) => text.trim_matches(|c| signs.contains(c)).to_owned(),
        })
    });
    environment.add_filter("upper", |text: Value| Ok::<_, Error>(text_of(&text)?.to_uppercase()));
    environment.add_filter("lower", |text: Value| Ok::<_, Error>(text_of(&text)?.to_lowercase()));
    environment.add_filter("title", |text: Value| Ok::<_, Error>(filters::title(text_of(&text)?.into())));
    environment.add_filter("capitalize", |text: Value| {
        let text = text_of(&text)?;
        let mut chars = text.chars();
        let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
        Ok::<_, Error>(first + &chars.as_str().to_lowercase())
    });
    environment.add_filter("replace", |text: Value, from: Value, to: Value| {
        bounded::replace(&text_of(&text)?, &text_of(&from)?, &text_of(&to)?)
    });
    environment.add_filter("default", |value: Value, other: Value| {
        let blank =
            value.is_undefined() || value.is_none() || value.as_str().is_some_and(|text| text.trim().is_empty());
        if blank { other } else { value }
    });
    environment.add_filter("split", |text: Value, by: Value| bounded::split(&text_of(&text)?, &text_of(&by)?));
    environment.add_filter("join", move |parts: Vec<Value>, by: Value| {
        bounded::join(parts.iter().map(|part| as_text(part, mark)), &text_of(&by)?)
    });
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("int", filters::int);
    environment.add_filter("round", filters::round);
    environment.add_filter("abs", filters::abs);
    environment.add_filter("truncate", |text: Value, most: usize| {
        Ok::<_, Error>(text_of(&text)?.chars().take(most).collect::<String>())
    });
    environment.add_filter("number", move |text: Value, locale: Option<String>| number(&text, locale.as_deref(), mark));
    environment.add_filter("date", date);
    environment.add_filter("convert", move |value: Value, from: String, to: String| {
        let amount = decimal(&value, mark)?;
        let made = product::convert(amount, &from, &to);
        made.and_then(|made| made.to_f64()).ok_or_else(|| wrong(say::units_differ(from, to)))
    });
    environment.add_filter("with_vat", move |value: Value, rate: Value| vat(&value, &rate, mark, true));
    environment.add_filter("without_vat", move |value: Value, rate: Value| vat(&value, &rate, mark, false));
    environment.add_filter("lookup", move |text: Value, table: String, other: Rest<String>| {
        let text = text_of(&text)?;
        let entries = tables.get(&table).ok_or_else(|| wrong(say::table_unknown(&table)))?;
        let found = entries.get(&text.trim().to_lowercase()).or_else(|| other.first());
        found.cloned().ok_or_else(|| wrong(say::table_lacks(&table, text.trim())))
    });
    environment.add_filter("regex_replace", move |text: Value, pattern: Value, with: Value| {
        bounded::regex_replace(&text_of(&text)?, &patterns.get(&text_of(&pattern)?)?, &text_of(&with)?)
    });
    environment.add_filter("regex_find", move |text: Value, pattern: Value| {
        let (text, pattern) = (text_of(&text)?, text_of(&pattern)?);
        let found = finders.get(&pattern)?;
        let captures = found.captures(&text);
        let part =
            captures.and_then(|parts| parts.get(1).or_else(|| parts.get(0)).map(|part| part.as_str().to_owned()));
        Ok::<_, Error>(part.unwrap_or_default())
    });
    environment.add_filter("strip_html", |text: Value| Ok::<_, Error>(strip_html(&text_of(&text)?)));
    environment
}

/// Regular expressions, compiled once for all rows.
#[derive(Default)]
struct Patterns(Mutex<HashMap<String, regex::Regex>>);

impl Patterns {
    fn get(&self, pattern: &str) -> Result<regex::Regex, Error> {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(built) = known.get(pattern) {
            return Ok(built.clone());
        }
        let built = regex::RegexBuilder::new(pattern).size_limit(1 << 20).dfa_size_limit(1 << 20).build();
        let built = built.map_err(|error| wrong(say::pattern_invalid(error)))?;
        // Patterns that are made of the cells of each row would fill the memory.
        if known.len() < MAX_PATTERNS {
            known.insert(pattern.to_owned(), built.clone());
        }
        Ok(built)
    }
}

/// Returns a result as the text of a cell. Numbers have no unnecessary zeros, and have the file's decimal mark, because
/// they are read again with that mark. No value becomes a blank text.
fn as_text(value: &Value, mark: DecimalMark) -> Result<String, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(String::new());
    }
    if value.is_number() && !value.is_integer() {
        let number = f64::try_from(value.clone()).ok().and_then(Decimal::from_f64);
        let text = number.map(|number| number.round_dp(8).normalize().to_string()).unwrap_or_default();
        return Ok(if mark == DecimalMark::Comma { text.replace('.', ",") } else { text });
    }
    text_of(value)
}

fn decimal(value: &Value, mark: DecimalMark) -> Result<Decimal, Error> {
    if value.is_number() {
        let number = f64::try_from(value.clone()).ok().and_then(Decimal::from_f64);
        return number.map(|number| number.round_dp(10)).ok_or_else(|| wrong(say::number_too_large()));
    }
    let text = value.as_str().unwrap_or_default();
    parse_number(text, mark).map_err(|error| wrong(error.message()))
}

/// The filter `number`: reads a number with the file's decimal mark; with a comma for `number("fr")` or `number("de")`,
/// with a point for `number("en")`.
fn number(value: &Value, locale: Option<&str>, mark: DecimalMark) -> Result<f64, Error> {
    let mark = match locale {
        None => mark,
        Some("en" | "us" | "gb" | "ch") => DecimalMark::Point,
        Some("fr" | "de" | "it" | "es" | "nl" | "pt") => DecimalMark::Comma,
        Some(other) => return Err(wrong(say::language_unknown(other))),
    };
    decimal(value, mark)?.to_f64().ok_or_else(|| wrong(say::number_too_large()))
}

fn vat(value: &Value, rate: &Value, mark: DecimalMark, add: bool) -> Result<f64, Error> {
    let (amount, rate) = (decimal(value, mark)?, decimal(rate, DecimalMark::Point)?);
    let factor = Decimal::ONE + rate / Decimal::ONE_HUNDRED;
    let made = if add { amount.checked_mul(factor) } else { amount.checked_div(factor) };
    made.and_then(|made| made.round_dp(4).to_f64()).ok_or_else(|| wrong(say::number_too_large()))
}

/// The filter `date("dd/mm/yyyy")`: reads a day in that order of day, month and year, and returns it as `2026-11-21`.
fn date(text: Value, shape: String) -> Result<String, Error> {
    let text = text_of(&text)?;
    let refuse = || wrong(say::date_invalid(&shape, text.trim()));
    let order: Vec<char> = shape.to_lowercase().chars().filter(|c| matches!(c, 'd' | 'm' | 'y')).collect();
    let mut order: Vec<char> = order;
    order.dedup();
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    if order.len() != 3 || numbers.len() < 3 {
        return Err(refuse());
    }
    let part = |wanted: char| {
        let at = order.iter().position(|part| *part == wanted)?;
        numbers.get(at).filter(|digits| digits.len() <= 4)?.parse::<u32>().ok()
    };
    let (Some(day), Some(month), Some(year)) = (part('d'), part('m'), part('y')) else { return Err(refuse()) };
    let year = match year {
        0..=69 => 2_000 + year,
        70..=99 => 1_900 + year,
        year => year,
    };
    let made = format!("{year:04}-{month:02}-{day:02}");
    if product::is_day(&made) { Ok(made) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(expression: &str, value: &str) -> Result<String, Text> {
        let tables = Tables::from([("colors".to_owned(), BTreeMap::from([("Rouge".to_owned(), "red".to_owned())]))]);
        let row =
            BTreeMap::from([("Marque".to_owned(), "Bosch".to_owned()), ("Prix HT".to_owned(), "1 234,56".to_owned())]);
        let transforms = Transforms::new([expression], &tables, DecimalMark::Comma)?;
        let row = transforms.row(row.iter().map(|(column, cell)| (column.as_str(), cell.as_str())));
        transforms.apply(expression, value, &row)
    }

    #[test]
    fn does_what_suppliers_files_need() {
        for (expression, value, made) in [
            ("value | trim | upper", " ab ", "AB"),
            ("value | number * 1.2", "1.234,5", "1481,4"),
            ("value | number(\"en\")", "1,234.5", "1234,5"),
            ("value | with_vat(20)", "89,90 €", "107,88"),
            ("value | without_vat(20)", "120", "100"),
            ("row[\"Marque\"] ~ \" \" ~ value", "PSB 500", "Bosch PSB 500"),
            ("row[\"Prix HT\"] | number | round(1)", "", "1234,6"),
            ("value | date(\"mm/dd/yyyy\")", "12/31/2025", "2025-12-31"),
            ("value | date(\"dd.mm.yy\")", "1.2.25", "2025-02-01"),
            ("value | convert(\"kg\", \"g\")", "1,5", "1500"),
            ("(value | split(\">\"))[-1]", "Outils > Perceuses", "Perceuses"),
            ("value | split(\",\") | join(\"|\")", "a, b", "a|b"),
            ("value | lookup(\"colors\")", "ROUGE", "red"),
            ("value | lookup(\"colors\", \"other\")", "Vert", "other"),
            ("value | regex_replace(\"[^0-9]\", \"\")", "A-12 3", "123"),
            ("value | regex_find(\"(\\\\d+) W\")", "Perceuse 500 W", "500"),
            ("value | strip_html", "<p>Un&nbsp;<b>mot</b></p><p>deux</p>", "Un mot\ndeux"),
            ("\"REF-\" ~ value if value else none", "", ""),
            ("value | default(\"0\")", " ", "0"),
        ] {
            assert_eq!(make(expression, value).unwrap(), made, "{expression}");
        }
    }

    #[test]
    fn long_expressions_stay_what_they_are() {
        let times = |part: &str, by: &str, count: usize| vec![part; count].join(by);
        for (expression, value, made) in [
            (format!("value{}", "|replace(\"é\",\"e\")".repeat(90)), "été", "ete"),
            (times("value", " ~ ", 200), "ab", &"ab".repeat(200) as &str),
            (times("row[\"Marque\"] ~ \" \"", " ~ ", 60), "", &"Bosch ".repeat(60)),
            (format!("{}\"none\"", "\"A\" if value==\"1\" else ".repeat(70)), "2", "none"),
            (times("value==\"x\"", " or ", 100), "x", "True"),
            (times("1", " + ", 300), "", "300"),
            ("value | split(\",\") | join(\"|\") | length".to_owned(), &"4006381333931,".repeat(1_600), "22400"),
            ("1 - (2 - 3) - 4".to_owned(), "", "-2"),
            ("-(value|int)".to_owned(), "5", "-5"),
            ("(-5)|abs".to_owned(), "", "5"),
            ("not value|trim == \"a\"".to_owned(), "b", "True"),
            ("\"x\" if value else \"y\"".to_owned(), "", "y"),
            ("(1, 2, 3)[-1] * 2 ** 3".to_owned(), "", "24"),
            ("(1 + 2) * 3 ~ \"a\" ~ (1 < 2 < 3)".to_owned(), "", "9aTrue"),
            ("\"b\" not in [\"a\", value]".to_owned(), "c", "True"),
            (
                "value|regex_replace(\"(?s)^(.*?)X(.*)$\", \"$1$2\")|length".to_owned(),
                &format!("{}X", "a".repeat(60_000)),
                "60000",
            ),
        ] {
            let shown: String = expression.chars().take(60).collect();
            assert_eq!(make(&expression, value).as_deref(), Ok(made), "{shown}");
        }
        // What would be too long is refused, and never becomes a blank.
        let many = format!("value|regex_replace(\"(?s)^.*$\", \"{}\")", "$0".repeat(400));
        assert_eq!(make(&many, &"a".repeat(50_000)), Err(say::result_too_long(MAX_RESULT)));
    }

    #[test]
    fn a_number_is_read_again_as_it_was_made() {
        for (mark, cell) in [(DecimalMark::Comma, "12,99"), (DecimalMark::Point, "12.99")] {
            let expression = "value | without_vat(20)";
            let transforms = Transforms::new([expression], &Tables::new(), mark).unwrap();
            let made = transforms.apply(expression, cell, &transforms.row(std::iter::empty())).unwrap();
            assert_eq!(parse_number(&made, mark).unwrap().to_string(), "10.825");
        }
    }

    #[test]
    fn reports_problems_and_stops_slow_expressions() {
        assert_eq!(make("value | number", "free"), Err(messages::product::number_invalid("free")));
        assert_eq!(make("value | lookup(\"colors\")", "Vert"), Err(say::table_lacks("colors", "Vert")));
        assert!(make("value | date(\"dd/mm/yyyy\")", "31/02/2025").is_err());
        assert!(make("value |", "x").is_err());
        assert!(make("value | unknown", "x").is_err());
        assert!(make("value }} {{ value", "x").is_err());
        assert!(make("range(100000000)", "x").is_err(), "nothing is there but the filters");
        assert!(check_expression("{% for x in row %}").is_err());
    }
}
