//! An organisation's own rules of what its products have to be.

use std::collections::BTreeMap;

use regex::Regex;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Content, Language, ProductRow, RowError, fields};

/// One rule about one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rule {
    /// The field, such as `price` or `attributes.color`.
    pub field: String,
    /// What is demanded of it.
    #[serde(flatten)]
    pub check: RuleCheck,
    /// What becomes of a row that does not keep it.
    #[serde(default)]
    pub severity: Severity,
    /// What the seller is told, in place of our words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What a rule demands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum RuleCheck {
    /// The field is known and not empty.
    Required,
    /// The field's text matches a regular expression, as a whole.
    Pattern {
        /// The expression.
        pattern: String,
    },
    /// The field's number lies between two bounds, which belong to it.
    Range {
        /// The lowest.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        min: Option<Decimal>,
        /// The highest.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        max: Option<Decimal>,
    },
    /// The field's text is one of these.
    InList {
        /// The texts.
        values: Vec<String>,
    },
    /// No other product has the same value; `supplier_reference`, `slug`, `title` or `brand`.
    Unique,
    /// The field's number and another field's stand in this relation.
    Compare {
        /// The relation.
        comparison: Comparison,
        /// The other field.
        other: String,
    },
    /// The field's number moves by at most so many percent.
    MaxChange {
        /// The percents.
        #[schema(value_type = String)]
        percent: Decimal,
    },
}

/// A relation of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `=`
    Equal,
    /// `<>`
    Different,
}

/// How a rule that is not kept is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row is rejected.
    #[default]
    Error,
    /// The row is taken, and it is said.
    Warning,
}

/// Fields for which [`RuleCheck::Unique`] can be looked up.
const UNIQUE_FIELDS: [&str; 4] = ["supplier_reference", "slug", "title", "brand"];

/// Rules that are ready to be used.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<(Rule, Option<Regex>)>,
}

impl Rules {
    /// Makes rules ready.
    ///
    /// # Errors
    /// What is wrong with which rule.
    pub fn new(rules: &[Rule]) -> Result<Self, String> {
        if rules.len() > 200 {
            return Err(format!("expected at most 200 rules, found {}", rules.len()));
        }
        let compiled = rules.iter().map(|rule| {
            let pattern = match &rule.check {
                RuleCheck::Pattern { pattern } => {
                    let whole = format!("^(?:{pattern})$");
                    let compiled = regex::RegexBuilder::new(&whole).size_limit(1 << 20).build();
                    Some(compiled.map_err(|error| format!("the pattern of {} cannot be used: {error}", rule.field))?)
                }
                RuleCheck::Unique if !UNIQUE_FIELDS.contains(&rule.field.as_str()) => {
                    return Err(format!(
                        "unique can be demanded of {}, found {}; SKU and EAN are unique always",
                        UNIQUE_FIELDS.join(", "),
                        rule.field
                    ));
                }
                _ => None,
            };
            Ok((rule.clone(), pattern))
        });
        Ok(Self { rules: compiled.collect::<Result<_, String>>()? })
    }

    /// Whether there is nothing to check.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The fields that must be unique.
    pub fn unique_fields(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|(rule, _)| rule).filter(|rule| rule.check == RuleCheck::Unique)
    }

    /// Whether a row breaks a rule by what it says itself, whatever the catalogue knows of its product.
    #[must_use]
    pub fn broken_by(&self, row: &ProductRow) -> bool {
        let alone = |rule: &Rule| {
            rule.severity == Severity::Error
                && !matches!(rule.check, RuleCheck::Required | RuleCheck::Unique | RuleCheck::MaxChange { .. })
        };
        let mut rules = self.rules.iter().filter(|(rule, _)| alone(rule)).peekable();
        if rules.peek().is_none() {
            return false;
        }
        let mut said = fields(&Content {
            title: row.title.clone().unwrap_or_default(),
            sku: row.sku.clone().map(String::from),
            ean: row.ean.as_ref().map(ToString::to_string),
            description: row.description.clone(),
            short_description: row.short_description.clone(),
            brand: row.brand.clone(),
            category: row.category.clone(),
            price: row.price,
            net_price: row.net_price,
            compare_at_price: row.compare_at_price,
            cost_price: row.cost_price,
            // As the catalogue keeps it.
            tax_rate: row.tax_rate.map(|rate| rate.round_dp(3)),
            stock: row.stock,
            supplier_reference: row.supplier_reference.clone(),
            slug: row.slug.clone(),
            ..Content::default()
        });
        // A content has a status always; a row may say none.
        said.remove("status");
        rules.any(|(rule, pattern)| broken(rule, pattern.as_ref(), &BTreeMap::new(), &said, Language::En).is_some())
    }

    /// What a product breaks, in the order of the rules. `before` is the product as it was, if it was there.
    #[must_use]
    pub fn check(&self, before: Option<&Content>, after: &Content, language: Language) -> Vec<(Severity, RowError)> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let (new, old) = (fields(after), before.map(fields).unwrap_or_default());
        let broken = |(rule, pattern): &(Rule, Option<Regex>)| {
            let message = broken(rule, pattern.as_ref(), &old, &new, language)?;
            let message = rule.message.clone().unwrap_or(message);
            let value = new.get(&rule.field).map(text).unwrap_or_default();
            let code = if rule.severity == Severity::Error { "rule_broken" } else { "rule_warning" };
            Some((rule.severity, RowError::field(&rule.field, code, message, &value)))
        };
        self.rules.iter().filter_map(broken).collect()
    }
}

/// A value as a text: what stands in the catalogue, without quotes.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Object(parts) if parts.contains_key("amount") => parts["amount"].as_str().unwrap_or_default().to_owned(),
        Value::Object(parts) if parts.contains_key("value") => parts["value"].as_str().unwrap_or_default().to_owned(),
        other => other.to_string(),
    }
}

fn number(fields: &BTreeMap<String, Value>, field: &str) -> Option<Decimal> {
    text(fields.get(field)?).parse().ok()
}

/// Why a rule is broken, if it is.
fn broken(
    rule: &Rule,
    pattern: Option<&Regex>,
    old: &BTreeMap<String, Value>,
    new: &BTreeMap<String, Value>,
    language: Language,
) -> Option<String> {
    let field = &rule.field;
    let value = new.get(field).map(text).filter(|text| !text.is_empty());
    let say = |english: String, french: String| Some(if language == Language::Fr { french } else { english });
    match &rule.check {
        RuleCheck::Required => match value {
            Some(_) => None,
            None => say(
                format!("your rule demands a {field}, found nothing"),
                format!("votre règle demande {field}, il n'y a rien"),
            ),
        },
        RuleCheck::Pattern { pattern: shown } => {
            let value = value?;
            if pattern?.is_match(&value) {
                return None;
            }
            say(
                format!("your rule demands a {field} like {shown}, found \"{value}\""),
                format!("votre règle demande un {field} de la forme {shown}, il y a « {value} »"),
            )
        }
        RuleCheck::Range { min, max } => {
            let found = number(new, field)?;
            if min.is_none_or(|min| found >= min) && max.is_none_or(|max| found <= max) {
                return None;
            }
            let bounds = match (min, max) {
                (Some(min), Some(max)) => (format!("between {min} and {max}"), format!("entre {min} et {max}")),
                (Some(min), None) => (format!("of at least {min}"), format!("d'au moins {min}")),
                (None, max) => {
                    let max = max.unwrap_or_default();
                    (format!("of at most {max}"), format!("d'au plus {max}"))
                }
            };
            say(
                format!("your rule demands a {field} {}, found {found}", bounds.0),
                format!("votre règle demande un {field} {}, il y a {found}", bounds.1),
            )
        }
        RuleCheck::InList { values } => {
            let value = value?;
            if values.iter().any(|one| one.to_lowercase() == value.to_lowercase()) {
                return None;
            }
            let shown: Vec<&str> = values.iter().take(10).map(String::as_str).collect();
            say(
                format!("your rule demands a {field} of {}, found \"{value}\"", shown.join(", ")),
                format!("votre règle demande un {field} parmi {}, il y a « {value} »", shown.join(", ")),
            )
        }
        RuleCheck::Unique => None,
        RuleCheck::Compare { comparison, other } => {
            let (one, two) = (number(new, field)?, number(new, other)?);
            let (kept, sign) = match comparison {
                Comparison::Less => (one < two, "<"),
                Comparison::LessOrEqual => (one <= two, "<="),
                Comparison::Greater => (one > two, ">"),
                Comparison::GreaterOrEqual => (one >= two, ">="),
                Comparison::Equal => (one == two, "="),
                Comparison::Different => (one != two, "<>"),
            };
            if kept {
                return None;
            }
            say(
                format!("your rule demands {field} {sign} {other}, found {one} and {two}"),
                format!("votre règle demande {field} {sign} {other}, il y a {one} et {two}"),
            )
        }
        RuleCheck::MaxChange { percent } => {
            let (was, is) = (number(old, field)?, number(new, field)?);
            let moved = moved_percent(was, is)?;
            if moved.abs() <= *percent {
                return None;
            }
            let moved = moved.round_dp(1).normalize();
            say(
                format!("your rule lets {field} move by at most {percent} %, it moves by {moved} % from {was} to {is}"),
                format!(
                    "votre règle laisse {field} varier de {percent} % au plus, il varie de {moved} %, de {was} à {is}"
                ),
            )
        }
    }
}

/// By how many percent a number moves; none when it was zero.
#[must_use]
pub fn moved_percent(was: Decimal, is: Decimal) -> Option<Decimal> {
    if was.is_zero() {
        return None;
    }
    is.checked_sub(was)?.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(was)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(rules: Value, before: Option<&Content>, after: &Content) -> Vec<String> {
        let rules: Vec<Rule> = serde_json::from_value(rules).unwrap();
        let found = Rules::new(&rules).unwrap().check(before, after, Language::En);
        found
            .into_iter()
            .map(|(severity, error)| format!("{severity:?} {}: {}", error.field.unwrap_or_default(), error.message))
            .collect()
    }

    #[test]
    fn each_rule_says_what_it_demands_and_what_it_found() {
        let product: Content = serde_json::from_value(json!({
            "title": "Drill", "sku": "P1", "price": "10", "cost_price": "12", "brand": "Basch", "attributes": {"color": "red"}
        }))
        .unwrap();
        let before = Content { price: Some(Decimal::from(5)), ..product.clone() };
        let rules = json!([
            {"field": "description", "check": "required"},
            {"field": "sku", "check": "pattern", "pattern": "[A-Z]{2}[0-9]+"},
            {"field": "price", "check": "range", "min": "11"},
            {"field": "brand", "check": "in_list", "values": ["Bosch", "Makita"], "severity": "warning"},
            {"field": "cost_price", "check": "compare", "comparison": "less", "other": "price"},
            {"field": "price", "check": "max_change", "percent": "50"},
            {"field": "attributes.color", "check": "in_list", "values": ["RED"]}
        ]);
        assert_eq!(
            check(rules.clone(), Some(&before), &product),
            [
                "Error description: your rule demands a description, found nothing",
                "Error sku: your rule demands a sku like [A-Z]{2}[0-9]+, found \"P1\"",
                "Error price: your rule demands a price of at least 11, found 10",
                "Warning brand: your rule demands a brand of Bosch, Makita, found \"Basch\"",
                "Error cost_price: your rule demands cost_price < price, found 12 and 10",
                "Error price: your rule lets price move by at most 50 %, it moves by 100 % from 5 to 10",
            ]
        );
        assert_eq!(check(rules, None, &product).len(), 5, "a new product moves no price");
    }

    #[test]
    fn a_row_breaks_by_itself_what_needs_no_catalogue() {
        let rules = |rules: Value| Rules::new(&serde_json::from_value::<Vec<Rule>>(rules).unwrap()).unwrap();
        let row = ProductRow { price: Some(Decimal::from(500)), ..ProductRow::default() };
        assert!(rules(json!([{"field": "price", "check": "range", "max": "100"}])).broken_by(&row));
        for kept in [
            json!([{"field": "price", "check": "range", "max": "1000"}]),
            json!([{"field": "price", "check": "range", "max": "100", "severity": "warning"}]),
            json!([{"field": "brand", "check": "required"}, {"field": "price", "check": "max_change", "percent": "1"}]),
            json!([{"field": "brand", "check": "in_list", "values": ["Bosch"]}]),
            json!([{"field": "status", "check": "in_list", "values": ["active"]}]),
            json!([{"field": "cost_price", "check": "compare", "comparison": "less", "other": "price"}]),
        ] {
            assert!(!rules(kept.clone()).broken_by(&row), "{kept}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_used_is_told() {
        let rule = |check: Value| serde_json::from_value::<Rule>(check).unwrap();
        assert!(Rules::new(&[rule(json!({"field": "sku", "check": "pattern", "pattern": "("}))]).is_err());
        assert!(Rules::new(&[rule(json!({"field": "price", "check": "unique"}))]).is_err());
    }
}
