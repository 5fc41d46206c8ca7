//! An organisation's own rules for its products.

use std::collections::BTreeMap;

use messages::{Language, Text, product as say};
use regex::Regex;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Content, ProductRow, RowError, fields};

/// One rule about one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rule {
    /// The field, such as `price` or `attributes.color`.
    pub field: String,
    /// What the rule demands of the field.
    #[serde(flatten)]
    pub check: RuleCheck,
    /// What happens to a row that breaks the rule.
    #[serde(default)]
    pub severity: Severity,
    /// The message for the seller; replaces our message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A demand of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum RuleCheck {
    /// The field is known and not empty.
    Required,
    /// The whole text of the field matches a regular expression.
    Pattern {
        /// The expression.
        pattern: String,
    },
    /// The field's number is in a range, bounds included.
    Range {
        /// The lowest number. Default: no lower bound.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        min: Option<Decimal>,
        /// The highest number. Default: no upper bound.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        max: Option<Decimal>,
    },
    /// The field's text is in a list; upper and lower case are the same.
    InList {
        /// The texts.
        values: Vec<String>,
    },
    /// No other product has the same value; for `supplier_reference`, `slug`, `title` and `brand`.
    Unique,
    /// The field's number and the number of another field are in this relation.
    Compare {
        /// The relation.
        comparison: Comparison,
        /// The other field.
        other: String,
    },
    /// The field's number changes by at most `percent`.
    MaxChange {
        /// The highest change, in percent.
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

/// What happens to a row that breaks a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row is rejected.
    #[default]
    Error,
    /// The row is imported, with a warning in the report.
    Warning,
}

/// The fields for which [`RuleCheck::Unique`] is possible.
const UNIQUE_FIELDS: [&str; 4] = ["supplier_reference", "slug", "title", "brand"];

/// Rules with their patterns compiled.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<(Rule, Option<Regex>)>,
}

impl Rules {
    /// Checks the rules and compiles their patterns.
    ///
    /// # Errors
    /// The message for the seller: which rule is wrong, and why.
    pub fn new(rules: &[Rule]) -> Result<Self, Text> {
        if rules.len() > 200 {
            return Err(say::too_many_rules(rules.len()));
        }
        let compiled = rules.iter().map(|rule| {
            let pattern = match &rule.check {
                RuleCheck::Pattern { pattern } => {
                    let whole = format!("^(?:{pattern})$");
                    let compiled = regex::RegexBuilder::new(&whole).size_limit(1 << 20).build();
                    Some(compiled.map_err(|error| say::rule_pattern_invalid(&rule.field, error))?)
                }
                RuleCheck::Unique if !UNIQUE_FIELDS.contains(&rule.field.as_str()) => {
                    return Err(say::rule_unique_field(UNIQUE_FIELDS.join(", "), &rule.field));
                }
                _ => None,
            };
            Ok((rule.clone(), pattern))
        });
        Ok(Self { rules: compiled.collect::<Result<_, Text>>()? })
    }

    /// Returns `true` if there are no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns the rules that demand a unique value.
    pub fn unique_fields(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|(rule, _)| rule).filter(|rule| rule.check == RuleCheck::Unique)
    }

    /// Returns `true` if the values of a row alone break a rule of severity `error`, without the product in the
    /// catalogue.
    #[must_use]
    pub fn broken_by(&self, row: &ProductRow) -> bool {
        let needs_row_only = |rule: &Rule| {
            rule.severity == Severity::Error
                && !matches!(rule.check, RuleCheck::Required | RuleCheck::Unique | RuleCheck::MaxChange { .. })
        };
        let mut rules = self.rules.iter().filter(|(rule, _)| needs_row_only(rule)).peekable();
        if rules.peek().is_none() {
            return false;
        }
        let mut row_fields = fields(&Content {
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
            // Rounded as the catalogue stores it.
            tax_rate: row.tax_rate.map(|rate| rate.round_dp(3)),
            stock: row.stock,
            supplier_reference: row.supplier_reference.clone(),
            slug: row.slug.clone(),
            ..Content::default()
        });
        // A content always has a status; a row may have none.
        row_fields.remove("status");
        rules.any(|(rule, pattern)| broken(rule, pattern.as_ref(), &BTreeMap::new(), &row_fields).is_some())
    }

    /// Returns the rules that a product breaks, in the order of the rules. `before` is the product before the change,
    /// if it existed.
    #[must_use]
    pub fn check(&self, before: Option<&Content>, after: &Content, language: Language) -> Vec<(Severity, RowError)> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let (new, old) = (fields(after), before.map(fields).unwrap_or_default());
        let broken = |(rule, pattern): &(Rule, Option<Regex>)| {
            let message = broken(rule, pattern.as_ref(), &old, &new)?;
            let message = rule.message.clone().unwrap_or_else(|| message.into_string(language));
            let value = new.get(&rule.field).map(text).unwrap_or_default();
            let code = if rule.severity == Severity::Error { "rule_broken" } else { "rule_warning" };
            Some((rule.severity, RowError::field(&rule.field, code, message, &value)))
        };
        self.rules.iter().filter_map(broken).collect()
    }
}

/// Returns a value as text, without quotes and without its unit.
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

/// Returns why a rule is broken; `None` if it is kept.
fn broken(
    rule: &Rule,
    pattern: Option<&Regex>,
    old: &BTreeMap<String, Value>,
    new: &BTreeMap<String, Value>,
) -> Option<Text> {
    let field = &rule.field;
    let value = new.get(field).map(text).filter(|text| !text.is_empty());
    match &rule.check {
        RuleCheck::Required => match value {
            Some(_) => None,
            None => Some(say::rule_required(field)),
        },
        RuleCheck::Pattern { pattern: shown } => {
            let value = value?;
            if pattern?.is_match(&value) {
                return None;
            }
            Some(say::rule_pattern(field, shown, value))
        }
        RuleCheck::Range { min, max } => {
            let found = number(new, field)?;
            if min.is_none_or(|min| found >= min) && max.is_none_or(|max| found <= max) {
                return None;
            }
            Some(match (min, max) {
                (Some(min), Some(max)) => say::rule_between(field, min, max, found),
                (Some(min), None) => say::rule_at_least(field, min, found),
                (None, max) => say::rule_at_most(field, max.unwrap_or_default(), found),
            })
        }
        RuleCheck::InList { values } => {
            let value = value?;
            if values.iter().any(|allowed| allowed.to_lowercase() == value.to_lowercase()) {
                return None;
            }
            let shown: Vec<&str> = values.iter().take(10).map(String::as_str).collect();
            Some(say::rule_in_list(field, shown.join(", "), value))
        }
        RuleCheck::Unique => None,
        RuleCheck::Compare { comparison, other } => {
            let (left, right) = (number(new, field)?, number(new, other)?);
            let (holds, sign) = match comparison {
                Comparison::Less => (left < right, "<"),
                Comparison::LessOrEqual => (left <= right, "<="),
                Comparison::Greater => (left > right, ">"),
                Comparison::GreaterOrEqual => (left >= right, ">="),
                Comparison::Equal => (left == right, "="),
                Comparison::Different => (left != right, "<>"),
            };
            if holds {
                return None;
            }
            Some(say::rule_compare(field, sign, other, left, right))
        }
        RuleCheck::MaxChange { percent } => {
            let (was, is) = (number(old, field)?, number(new, field)?);
            let moved = moved_percent(was, is)?;
            if moved.abs() <= *percent {
                return None;
            }
            let moved = moved.round_dp(1).normalize();
            Some(say::rule_max_change(field, percent, moved, was, is))
        }
    }
}

/// Returns the change of a number in percent; `None` if it was zero, or the change is too large.
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
    fn each_rule_reports_what_it_demands_and_what_it_found() {
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
    fn a_row_alone_can_break_a_rule() {
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
    fn an_unusable_rule_is_reported() {
        let rule = |check: Value| serde_json::from_value::<Rule>(check).unwrap();
        assert!(Rules::new(&[rule(json!({"field": "sku", "check": "pattern", "pattern": "("}))]).is_err());
        assert!(Rules::new(&[rule(json!({"field": "price", "check": "unique"}))]).is_err());
    }
}
