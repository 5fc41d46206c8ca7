//! Edits of many products at once.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::model::change::{fields, with_field};
use crate::model::content::{Content, ContentError};

/// What is done to one field of each product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The field, such as `price`, `tags` or `attributes.color`.
    pub field: String,
    /// What is done to it.
    pub action: EditAction,
    /// The value: of `set` the new one, of `add` and `remove` one or a list, of `increase` and `increase_percent` a number.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// Of `replace`: the text that is looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
    /// Of `replace`: the text that is put in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
}

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EditAction {
    /// Puts it to `value`.
    Set,
    /// Makes it not known.
    Clear,
    /// Adds to a list what is not in it.
    Add,
    /// Takes out of a list.
    Remove,
    /// Adds a number to a number; what is not known stays so.
    Increase,
    /// Adds so many percent, rounded to cents; what is not known stays so.
    IncreasePercent,
    /// Replaces a part of a text wherever it stands.
    Replace,
}

/// Codes are unique and variants hang together: these are changed one by one.
const NOT_IN_BULK: [&str; 6] = ["sku", "ean", "parent_id", "option_axes", "options", "slug"];
const LISTS: [&str; 3] = ["tags", "category_ids", "image_urls"];
const NUMBERS: [&str; 6] = ["price", "net_price", "compare_at_price", "cost_price", "tax_rate", "stock"];

impl Edit {
    /// Checks the edit itself, before any product.
    ///
    /// # Errors
    /// What was expected.
    pub fn check(&self) -> Result<(), ContentError> {
        let wrong = |code: &str, message: String| Err(ContentError::new(self.field.as_str(), code, message));
        let list = LISTS.contains(&self.field.as_str()) || self.field.starts_with("attributes.");
        let number = NUMBERS.contains(&self.field.as_str());
        if NOT_IN_BULK.contains(&self.field.as_str()) {
            return wrong("not_in_bulk", format!("{} is changed one product at a time", self.field));
        }
        match self.action {
            EditAction::Set if self.value.is_null() => {
                return wrong("required", "set needs a value; clear makes a field not known".to_owned());
            }
            EditAction::Add | EditAction::Remove if !list => {
                return wrong("action_invalid", "only a list can be added to or taken from: tags, category_ids, image_urls, multi-select attributes".to_owned());
            }
            EditAction::Add | EditAction::Remove if self.value.is_null() => {
                return wrong("required", "expected a value or a list of values".to_owned());
            }
            EditAction::Increase | EditAction::IncreasePercent if !number => {
                return wrong("action_invalid", format!("only a number can be increased: {}", NUMBERS.join(", ")));
            }
            EditAction::Increase | EditAction::IncreasePercent if self.number().is_none() => {
                return wrong("invalid", format!("expected a number as value, found {}", self.value));
            }
            EditAction::Replace if self.find.as_deref().unwrap_or_default().is_empty() || self.replace.is_none() => {
                return wrong("required", "replace needs a text to find and one to put in its place".to_owned());
            }
            _ => {}
        }
        // The field exists, and takes a value of this kind.
        match self.action {
            EditAction::Set => with_field(&Content::default(), &self.field, self.value.clone()).map(|_| ()),
            _ => with_field(&Content::default(), &self.field, Value::Null).map(|_| ()),
        }
    }

    fn number(&self) -> Option<Decimal> {
        match &self.value {
            Value::Number(number) => number.to_string().parse().ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The content as the edit leaves it. The result is to be checked.
    ///
    /// # Errors
    /// When the field's value does not allow the edit.
    pub fn apply(&self, content: &Content) -> Result<Content, ContentError> {
        let known = || fields(content).remove(&self.field);
        let value =
            match self.action {
                EditAction::Set => self.value.clone(),
                EditAction::Clear => Value::Null,
                EditAction::Add | EditAction::Remove => match self.listed(known()) {
                    Some(value) => value,
                    None => return Ok(content.clone()),
                },
                EditAction::Increase | EditAction::IncreasePercent => match known() {
                    Some(value) => self.increased(&value)?,
                    None => return Ok(content.clone()),
                },
                EditAction::Replace => match known() {
                    Some(Value::String(text)) => {
                        json!(text.replace(
                            self.find.as_deref().unwrap_or_default(),
                            self.replace.as_deref().unwrap_or_default()
                        ))
                    }
                    Some(other) => {
                        return Err(ContentError::new(
                            self.field.as_str(),
                            "invalid",
                            format!("expected a text to replace in, found {other}"),
                        ));
                    }
                    None => return Ok(content.clone()),
                },
            };
        with_field(content, &self.field, value)
    }

    /// The list with the values added or taken out; none when that changes nothing.
    fn listed(&self, known: Option<Value>) -> Option<Value> {
        let mut list = match known {
            Some(Value::Array(list)) => list,
            Some(other) => vec![other],
            None if self.action == EditAction::Remove => return None,
            None => Vec::new(),
        };
        let values = self.value.as_array().cloned().unwrap_or_else(|| vec![self.value.clone()]);
        // Tags are the same whatever their case.
        let same = |a: &Value, b: &Value| match (a, b) {
            (Value::String(a), Value::String(b)) if self.field == "tags" => {
                a.trim().to_lowercase() == b.trim().to_lowercase()
            }
            (a, b) => a == b,
        };
        for value in values {
            if self.action == EditAction::Remove {
                list.retain(|known| !same(known, &value));
            } else if !list.iter().any(|known| same(known, &value)) {
                list.push(value);
            }
        }
        Some(Value::Array(list))
    }

    fn increased(&self, known: &Value) -> Result<Value, ContentError> {
        let text = known.as_str().map_or_else(|| known.to_string(), str::to_owned);
        let (Ok(old), Some(by)) = (text.parse::<Decimal>(), self.number()) else {
            return Err(ContentError::new(self.field.as_str(), "invalid", format!("expected a number, found {known}")));
        };
        let new = match self.action {
            EditAction::IncreasePercent => {
                by.checked_add(Decimal::ONE_HUNDRED).and_then(|percent| old.checked_mul(percent)).map(|hundredfold| {
                    (hundredfold / Decimal::ONE_HUNDRED)
                        .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
                })
            }
            _ => old.checked_add(by),
        };
        let new = new
            .ok_or_else(|| ContentError::new(self.field.as_str(), "number_too_large", "the number would be too large"))?
            .normalize();
        if self.field != "stock" {
            return Ok(json!(new));
        }
        // Pieces are whole; a stock sinks to nothing, not below.
        let pieces: i64 = new.round().max(Decimal::ZERO).try_into().unwrap_or(i64::MAX);
        Ok(json!(pieces))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(json: Value) -> Edit {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn edits_do_what_they_say() {
        let content: Content =
            serde_json::from_value(json!({"title": "Red drill", "sku": "1", "price": "19.99", "stock": 5, "tags": ["New"], "attributes": {"colors": ["red"]}}))
                .unwrap();
        for (change, field, expected) in [
            (json!({"field": "price", "action": "increase_percent", "value": 5}), "price", json!("20.99")),
            (json!({"field": "price", "action": "increase", "value": "-0.99"}), "price", json!("19")),
            (json!({"field": "stock", "action": "increase", "value": -9}), "stock", json!(0)),
            (json!({"field": "stock", "action": "set", "value": 7}), "stock", json!(7)),
            (json!({"field": "tags", "action": "add", "value": ["new", "Sale"]}), "tags", json!(["New", "Sale"])),
            (json!({"field": "tags", "action": "remove", "value": "NEW"}), "tags", json!([])),
            (
                json!({"field": "attributes.colors", "action": "add", "value": "blue"}),
                "attributes.colors",
                json!(["red", "blue"]),
            ),
            (
                json!({"field": "title", "action": "replace", "find": "Red", "replace": "Blue"}),
                "title",
                json!("Blue drill"),
            ),
            (json!({"field": "brand", "action": "set", "value": ""}), "brand", json!("")),
        ] {
            let change = edit(change);
            change.check().unwrap();
            assert_eq!(fields(&change.apply(&content).unwrap()).remove(field), Some(expected), "{change:?}");
        }
        let cleared = edit(json!({"field": "price", "action": "clear"})).apply(&content).unwrap();
        assert_eq!(cleared.price, None);
        let unknown = edit(json!({"field": "cost_price", "action": "increase_percent", "value": 5}));
        assert_eq!(unknown.apply(&content).unwrap(), content, "what is not known stays so");
    }

    #[test]
    fn edits_that_make_no_sense_are_refused() {
        for wrong in [
            json!({"field": "sku", "action": "set", "value": "1"}),
            json!({"field": "price", "action": "set"}),
            json!({"field": "price", "action": "set", "value": "cheap"}),
            json!({"field": "price", "action": "add", "value": 1}),
            json!({"field": "brand", "action": "increase", "value": 1}),
            json!({"field": "price", "action": "increase_percent", "value": "much"}),
            json!({"field": "title", "action": "replace", "find": "", "replace": ""}),
            json!({"field": "colour", "action": "clear"}),
        ] {
            assert!(edit(wrong.clone()).check().is_err(), "{wrong}");
        }
    }
}
