//! A product as a channel sees it, and the reason why a channel would refuse it.

use messages::Text;
use product::{Content, LOCALES};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// One product, or one variant of a product, to be exported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// The product's id.
    pub id: Uuid,
    /// Its content. The texts are in the exported language; `image_urls` are the images as the files name them.
    pub content: Content,
    /// Its categories, each from the root down, the main one first.
    pub categories: Vec<Vec<String>>,
    /// The supplier's name.
    pub supplier: Option<String>,
    /// The organisation's own attributes, in the order of their codes.
    pub attributes: Vec<ItemAttribute>,
}

/// A value of one of the organisation's attributes, as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemAttribute {
    /// The attribute's code.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Its values; a multi-select has several.
    pub values: Vec<String>,
}

/// What a channel shows as one product: a single product, or a parent with its variants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The product, or the parent.
    pub item: Item,
    /// The parent's variants that are exported.
    pub variants: Vec<Item>,
}

/// Why a product is not in the file, for the seller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// A code that clients branch on, such as `price_missing`.
    pub code: String,
    /// The column concerned.
    pub column: String,
    /// What the channel expects, what was found, and what to do.
    pub message: Text,
}

impl LeftOut {
    /// Returns the reason why a product is not in the file.
    #[must_use]
    pub fn new(code: impl Into<String>, column: &str, message: Text) -> Self {
        Self { code: code.into(), column: column.to_owned(), message }
    }
}

impl Listing {
    /// Returns the values of the variants on an axis, without repetitions, in their order.
    #[must_use]
    pub fn values_of(&self, axis: &str) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for value in self.variants.iter().filter_map(|variant| variant.content.options.get(axis)) {
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
        values
    }
}

impl Item {
    /// Returns the seller's code, else the EAN; empty if the product has neither.
    #[must_use]
    pub fn code(&self) -> &str {
        self.content.sku.as_deref().or(self.content.ean.as_deref()).unwrap_or_default()
    }

    /// Returns the addresses of its images, the main one first.
    #[must_use]
    pub fn images(&self) -> &[String] {
        self.content.image_urls.as_deref().unwrap_or_default()
    }

    /// Returns its identifier in another system, such as `shopify.handle`; empty if it is not known.
    #[must_use]
    pub fn identifier(&self, key: &str) -> &str {
        self.content.identifiers.get(key).map_or("", String::as_str)
    }

    /// Returns the value of an attribute as one text; several values are joined by `, `.
    #[must_use]
    pub fn attribute(&self, code: &str) -> Option<String> {
        let found = self.attributes.iter().find(|attribute| attribute.code == code)?;
        Some(found.values.join(", "))
    }

    /// Replaces the organisation's own texts by those of a language, where they exist.
    pub fn translate(&mut self, locale: &str) {
        let Some(texts) = self.content.texts.get(locale).cloned() else { return };
        let content = &mut self.content;
        content.title = texts.title.unwrap_or(std::mem::take(&mut content.title));
        content.description = texts.description.or(content.description.take());
        content.short_description = texts.short_description.or(content.short_description.take());
        content.seo_title = texts.seo_title.or(content.seo_title.take());
        content.seo_description = texts.seo_description.or(content.seo_description.take());
    }
}

/// Returns a value of an attribute as people read it, in the given language if it has several: `["red", "blue"]`,
/// `1.5 kg`, `yes`. `label` returns the name of an option.
#[must_use]
pub fn attribute_texts(value: &Value, locale: Option<&str>, label: &dyn Fn(&str) -> String) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(truth) => vec![if *truth { "yes" } else { "no" }.to_owned()],
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) => vec![label(text)],
        Value::Array(values) => values.iter().flat_map(|one| attribute_texts(one, locale, label)).collect(),
        Value::Object(parts) => match (parts.get("amount").and_then(Value::as_str), parts.get("unit")) {
            (Some(amount), Some(Value::String(unit))) => vec![format!("{amount} {unit}")],
            (Some(amount), _) => vec![amount.to_owned()],
            _ => {
                let wanted = locale.into_iter().chain(LOCALES.iter().copied());
                let text = wanted.filter_map(|locale| parts.get(locale)?.as_str()).find(|text| !text.is_empty());
                text.map(str::to_owned).into_iter().collect()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_are_shown_as_people_read_them() {
        let shown = |value: Value| attribute_texts(&value, Some("de"), &|code| code.to_uppercase());
        assert_eq!(shown(json!(["red", "blue"])), ["RED", "BLUE"]);
        assert_eq!(shown(json!({ "amount": "1.5", "unit": "kg" })), ["1.5 kg"]);
        assert_eq!(shown(json!({ "amount": "3", "unit": null })), ["3"]);
        assert_eq!(shown(json!({ "fr": "un", "de": "eins" })), ["eins"]);
        assert_eq!(shown(json!({ "fr": "un" })), ["un"]);
        assert_eq!(shown(json!(true)), ["yes"]);
        assert!(shown(json!(null)).is_empty() && shown(json!({})).is_empty());
    }
}
