//! Changes of a product, field by field: for histories, for patches and for undoing a change.

use std::collections::BTreeMap;

use messages::{Text, product as say};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::model::content::{Content, ContentError};

/// A field before and after a change; `null` = not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// The value before the change.
    #[serde(default)]
    pub old: Value,
    /// The value after the change.
    #[serde(default)]
    pub new: Value,
}

/// Fields whose parts are fields of their own: `attributes.color`, `identifiers.shopify.handle`, `texts.fr`.
const NESTED: [&str; 3] = ["attributes", "identifiers", "texts"];

/// Returns a product's known fields by name. Each attribute, identifier and language is a field of its own.
#[must_use]
pub fn fields(content: &Content) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    for (name, value) in to_map(content) {
        match value {
            Value::Object(parts) if NESTED.contains(&name.as_str()) => {
                fields.extend(parts.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            Value::Null => {}
            Value::Array(list) if name == "option_axes" && list.is_empty() => {}
            Value::Object(parts) if name == "options" && parts.is_empty() => {}
            value => {
                fields.insert(name, value);
            }
        }
    }
    fields
}

/// Returns the fields that differ between two contents.
#[must_use]
pub fn diff(before: &Content, after: &Content) -> BTreeMap<String, FieldChange> {
    if before == after {
        return BTreeMap::new();
    }
    let (mut old, new) = (fields(before), fields(after));
    let mut changes = BTreeMap::new();
    for (name, new) in new {
        let old = old.remove(&name).unwrap_or_default();
        if old != new {
            changes.insert(name, FieldChange { old, new });
        }
    }
    changes.extend(old.into_iter().map(|(name, old)| (name, FieldChange { old, new: Value::Null })));
    changes
}

/// Returns the content with one field set to a value; `null` removes the value. The caller checks the result.
///
/// # Errors
/// When the field does not exist or the value has another type.
pub fn with_field(content: &Content, field: &str, value: Value) -> Result<Content, ContentError> {
    let mut map = to_map(content);
    match field.split_once('.').filter(|(name, _)| NESTED.contains(name)) {
        Some((name, key)) => {
            let parts = map.get_mut(name).and_then(Value::as_object_mut);
            let parts = parts.ok_or_else(|| unknown_field(field))?;
            match value {
                Value::Null => parts.remove(key),
                value => parts.insert(key.to_owned(), value),
            };
        }
        None => put(&mut map, field, value)?,
    }
    content_from(map, field)
}

/// Returns the content after a merge patch (RFC 7396). Fields that the patch does not name stay as they are; `null`
/// removes a value. The caller checks the result.
///
/// # Errors
/// Each field of the patch that is unknown or whose value has another type.
pub fn with_patch(content: &Content, patch: &Map<String, Value>) -> Result<Content, Vec<ContentError>> {
    let mut changed = content.clone();
    let mut errors = Vec::new();
    for (field, value) in patch {
        let mut map = to_map(&changed);
        let merged = match (map.get(field), value) {
            (Some(Value::Object(_)), Value::Object(parts)) => {
                let mut whole = map[field].clone();
                merge(&mut whole, parts);
                Ok(whole)
            }
            (None, _) => Err(unknown_field(field)),
            (_, value) => Ok(value.clone()),
        };
        let result = merged.and_then(|value| put(&mut map, field, value)).and_then(|()| content_from(map, field));
        match result {
            Ok(content) => changed = content,
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(changed) } else { Err(errors) }
}

fn merge(whole: &mut Value, patch: &Map<String, Value>) {
    let Value::Object(parts) = whole else {
        *whole = Value::Object(patch.clone());
        return;
    };
    for (key, value) in patch {
        match value {
            Value::Null => {
                parts.remove(key);
            }
            // A value with a unit is replaced as a whole.
            Value::Object(inner) if !inner.contains_key("amount") => {
                merge(parts.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), inner);
            }
            value => {
                parts.insert(key.clone(), value.clone());
            }
        }
    }
}

fn to_map(content: &Content) -> Map<String, Value> {
    match serde_json::to_value(content) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn put(map: &mut Map<String, Value>, field: &str, value: Value) -> Result<(), ContentError> {
    let place = map.get_mut(field).ok_or_else(|| unknown_field(field))?;
    *place = match (field, value) {
        ("attributes" | "identifiers" | "texts" | "options", Value::Null) => Value::Object(Map::new()),
        ("option_axes", Value::Null) => Value::Array(Vec::new()),
        ("title", Value::Null) => Value::String(String::new()),
        ("status", Value::Null) => return Err(ContentError::new(field, "invalid", say::status_required())),
        (_, value) => value,
    };
    Ok(())
}

fn content_from(map: Map<String, Value>, field: &str) -> Result<Content, ContentError> {
    serde_json::from_value(Value::Object(map))
        .map_err(|problem| ContentError::new(field, "invalid", Text::verbatim(problem.to_string())))
}

fn unknown_field(field: &str) -> ContentError {
    ContentError::new(field, "unknown_field", say::unknown_field(field))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(json: Value) -> Content {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let before = content(json!({
            "title": "Drill", "sku": "1", "price": "10", "description": "",
            "attributes": {"color": "red", "size": {"amount": "5", "unit": "cm"}}, "texts": {"fr": {"title": "Perceuse"}}
        }));
        let Value::Object(patch) = json!({
            "price": null, "brand": "Bosch", "attributes": {"color": null, "size": {"amount": "6"}}, "texts": {"fr": {"description": "Rouge"}}
        }) else {
            unreachable!()
        };
        let after = with_patch(&before, &patch).unwrap();
        assert_eq!(after.attributes, json!({"size": {"amount": "6"}}).as_object().unwrap().clone());
        assert_eq!(
            (after.texts["fr"].title.as_deref(), after.texts["fr"].description.as_deref()),
            (Some("Perceuse"), Some("Rouge"))
        );
        assert_eq!((after.price, after.description.as_deref()), (None, Some("")));
        let changes = diff(&before, &after);
        let names: Vec<&str> = changes.keys().map(String::as_str).collect();
        assert_eq!(names, ["attributes.color", "attributes.size", "brand", "price", "texts.fr"]);
        assert_eq!(changes["price"], FieldChange { old: json!("10"), new: Value::Null });

        // Every change can be undone, field by field.
        let back = changes
            .iter()
            .fold(after, |content, (field, change)| with_field(&content, field, change.old.clone()).unwrap());
        assert_eq!(back, before);
    }

    #[test]
    fn a_patch_names_every_field_that_is_wrong() {
        let Value::Object(patch) = json!({"price": "cheap", "colour": "red", "status": null, "stock": 1.5}) else {
            unreachable!()
        };
        let wrong: Vec<String> =
            with_patch(&Content::default(), &patch).unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(wrong, ["colour", "price", "status", "stock"]);
    }
}
