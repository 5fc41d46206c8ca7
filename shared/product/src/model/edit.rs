//! Edits of many products at once.

use messages::{Text, product as say};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::model::change::{fields, with_field};
use crate::model::content::{Content, ContentError};

/// An edit of one field of many products.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The field, such as `price`, `tags` or `attributes.color`.
    pub field: String,
    /// How the field is changed.
    pub action: EditAction,
    /// The value: for `set` the new value, for `add` and `remove` one value or a list, for `increase` and
    /// `increase_percent` a number.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// For `replace`: the text to find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
    /// For `replace`: the new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
}

/// How a field is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EditAction {
    /// Sets the field to `value`.
    Set,
    /// Removes the value: it is not known any more.
    Clear,
    /// Adds values to a list, except those that it has already.
    Add,
    /// Removes values from a list.
    Remove,
    /// Adds `value` to a number; a value that is not known stays not known.
    Increase,
    /// Adds `value` percent and rounds to cents; a value that is not known stays not known.
    IncreasePercent,
    /// Replaces every occurrence of a text.
    Replace,
}

/// Fields that cannot be edited in bulk: codes are unique, and the variants of a parent depend on each other.
const NOT_IN_BULK: [&str; 6] = ["sku", "ean", "parent_id", "option_axes", "options", "slug"];
const LISTS: [&str; 3] = ["tags", "category_ids", "image_urls"];
const NUMBERS: [&str; 6] = ["price", "net_price", "compare_at_price", "cost_price", "tax_rate", "stock"];

impl Edit {
    /// Checks the edit itself, without a product.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn check(&self) -> Result<(), ContentError> {
        let wrong = |code: &str, message: Text| Err(ContentError::new(self.field.as_str(), code, message));
        let list = LISTS.contains(&self.field.as_str()) || self.field.starts_with("attributes.");
        let number = NUMBERS.contains(&self.field.as_str());
        if NOT_IN_BULK.contains(&self.field.as_str()) {
            return wrong("not_in_bulk", say::not_in_bulk(&self.field));
        }
        match self.action {
            EditAction::Set if self.value.is_null() => {
                return wrong("required", say::set_without_value());
            }
            EditAction::Add | EditAction::Remove if !list => {
                return wrong("action_invalid", say::not_a_list());
            }
            EditAction::Add | EditAction::Remove if self.value.is_null() => {
                return wrong("required", say::values_required());
            }
            EditAction::Increase | EditAction::IncreasePercent if !number => {
                return wrong("action_invalid", say::not_a_number_field(NUMBERS.join(", ")));
            }
            EditAction::Increase | EditAction::IncreasePercent if self.number().is_none() => {
                return wrong("invalid", say::number_expected(&self.value));
            }
            EditAction::Replace if self.find.as_deref().unwrap_or_default().is_empty() || self.replace.is_none() => {
                return wrong("required", say::replace_incomplete());
            }
            _ => {}
        }
        // Does the field exist, and does it accept a value of this type?
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

    /// Returns the content after the edit. The caller checks the result.
    ///
    /// # Errors
    /// When the field's value does not allow the edit.
    pub fn apply(&self, content: &Content) -> Result<Content, ContentError> {
        let known = || fields(content).remove(&self.field);
        let value =
            match self.action {
                EditAction::Set => self.value.clone(),
                EditAction::Clear => Value::Null,
                EditAction::Add | EditAction::Remove => match self.changed_list(known()) {
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
                        return Err(ContentError::new(self.field.as_str(), "invalid", say::not_a_text(other)));
                    }
                    None => return Ok(content.clone()),
                },
            };
        with_field(content, &self.field, value)
    }

    /// Returns the list after adding or removing the values; `None` when nothing changes.
    fn changed_list(&self, known: Option<Value>) -> Option<Value> {
        let mut list = match known {
            Some(Value::Array(list)) => list,
            Some(other) => vec![other],
            None if self.action == EditAction::Remove => return None,
            None => Vec::new(),
        };
        let values = self.value.as_array().cloned().unwrap_or_else(|| vec![self.value.clone()]);
        // Tags are compared without case.
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
            return Err(ContentError::new(self.field.as_str(), "invalid", say::number_expected(known)));
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
            .ok_or_else(|| ContentError::new(self.field.as_str(), "number_too_large", say::number_overflow()))?
            .normalize();
        if self.field != "stock" {
            return Ok(json!(new));
        }
        // Stock is a whole number and never below 0.
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
