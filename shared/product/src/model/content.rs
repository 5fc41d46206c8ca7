//! The content of a product: everything that people, files and channels know about it.
//!
//! `None` = not known; an empty text or list = known to be empty. The two are always different: a channel empties a
//! field that is known to be empty, and does not change a field that is not known.

use std::collections::BTreeMap;

use messages::{Text, product as say};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::values::measure::{Dimensions, Weight};
use crate::{Currency, Gtin, ProductStatus, Sku};

/// The languages in which a product can have texts.
pub const LOCALES: &[&str] = &["fr", "en", "de", "it", "es"];
/// The highest number of images of a product.
pub const MAX_IMAGES: usize = 20;
/// The highest number of options (axes) of a parent: the limit of Shopify.
const MAX_AXES: usize = 3;

/// The content of a product. Amounts are decimal numbers as text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Content {
    /// The name, 1 to 500 characters.
    pub title: String,
    /// The seller's code, unique in the organisation.
    pub sku: Option<String>,
    /// The GTIN with its leading zeros. It is unique in the organisation in all its spellings (UPC and EAN).
    pub ean: Option<String>,
    /// The long text, HTML allowed.
    pub description: Option<String>,
    /// The summary.
    pub short_description: Option<String>,
    /// The brand.
    pub brand: Option<String>,
    /// The category in the supplier's words: a path.
    pub category: Option<String>,
    /// The categories of the organisation's tree, the main one first.
    pub category_ids: Option<Vec<Uuid>>,
    /// The code of the family, which says which attributes the product has.
    pub family: Option<String>,
    /// The selling price, VAT included. A variant without a price has the price of its parent.
    #[schema(value_type = Option<String>)]
    pub price: Option<Decimal>,
    /// The selling price without VAT.
    #[schema(value_type = Option<String>)]
    pub net_price: Option<Decimal>,
    /// The price before a sale, VAT included.
    #[schema(value_type = Option<String>)]
    pub compare_at_price: Option<Decimal>,
    /// The price that the seller pays, without VAT.
    #[schema(value_type = Option<String>)]
    pub cost_price: Option<Decimal>,
    /// The ISO 4217 code of all prices.
    pub currency: Option<String>,
    /// The rate of VAT, in percent.
    #[schema(value_type = Option<String>)]
    pub tax_rate: Option<Decimal>,
    /// The stock, in whole pieces.
    pub stock: Option<i32>,
    /// The weight of a piece.
    pub weight: Option<Weight>,
    /// The size of a piece.
    pub dimensions: Option<Dimensions>,
    /// The addresses of the images, the main image first.
    pub image_urls: Option<Vec<String>>,
    /// The supplier.
    pub supplier_id: Option<Uuid>,
    /// The supplier's code of the product.
    pub supplier_reference: Option<String>,
    /// `draft`, `active`, `inactive` or `archived`.
    #[schema(value_type = String)]
    pub status: ProductStatus,
    /// The parent, when this is a variant.
    pub parent_id: Option<Uuid>,
    /// For a parent: the names of the options by which its variants differ, such as `["size", "color"]`.
    pub option_axes: Vec<String>,
    /// For a variant: its value for each of the parent's options, by option name.
    pub options: BTreeMap<String, String>,
    /// Words by which the organisation finds its products.
    pub tags: Option<Vec<String>>,
    /// Values of the organisation's attributes, by code; a missing attribute is not known.
    #[schema(value_type = Object)]
    pub attributes: Map<String, Value>,
    /// Texts in languages other than the organisation's own, by locale.
    pub texts: BTreeMap<String, Texts>,
    /// The title for search engines.
    pub seo_title: Option<String>,
    /// The description for search engines.
    pub seo_description: Option<String>,
    /// The last part of the product's address in a shop.
    pub slug: Option<String>,
    /// The identifiers of the product in channels, by key, such as `shopify.handle`, `amazon.asin` or `icecat.id`.
    pub identifiers: BTreeMap<String, String>,
}

/// A product's texts in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Texts {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The long text, HTML allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_description: Option<String>,
    /// The title for search engines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seo_title: Option<String>,
    /// The description for search engines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seo_description: Option<String>,
}

/// One value of a product that is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContentError {
    /// The field, such as `price` or `attributes.color`.
    pub field: String,
    /// A code that clients branch on.
    pub code: String,
    /// What was expected and what was found.
    pub message: Text,
}

impl ContentError {
    /// Creates the error for one field.
    #[must_use]
    pub fn new(field: impl Into<String>, code: &str, message: Text) -> Self {
        Self { field: field.into(), code: code.to_owned(), message }
    }
}

impl Content {
    /// Normalises values to the form in which they are stored: no space around texts, no empty codes, prices with at
    /// most four decimals.
    pub fn tidy(&mut self) {
        self.title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        for code in [&mut self.sku, &mut self.ean, &mut self.currency, &mut self.family] {
            *code = code.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        // Spaces and dashes are removed from a valid EAN. An invalid EAN is kept as it is, so that the check reports
        // it.
        self.ean = self.ean.take().map(|ean| Gtin::parse(&ean).map_or(ean, String::from));
        self.currency = self.currency.take().map(|code| Currency::parse(&code).map_or(code, String::from));
        for price in [&mut self.price, &mut self.net_price, &mut self.compare_at_price, &mut self.cost_price] {
            *price = price.map(|amount| amount.round_dp(4).normalize());
        }
        self.tax_rate = self.tax_rate.map(|rate| rate.round_dp(3).normalize());
        if let Some(tags) = &mut self.tags {
            let mut seen = std::collections::HashSet::new();
            *tags = tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
            tags.retain(|tag| seen.insert(tag.to_lowercase()));
        }
        if let Some(ids) = &mut self.category_ids {
            let mut seen = std::collections::HashSet::new();
            ids.retain(|id| seen.insert(*id));
        }
        self.texts.retain(|_, texts| *texts != Texts::default());
    }

    /// Checks every value. Attributes are checked separately, see [`crate::check_attributes`].
    #[must_use]
    pub fn check(&self) -> Vec<ContentError> {
        let mut check = Check(Vec::new());
        check.codes(self);
        check.prices(self);
        check.texts(self);
        check.measures(self);
        check.lists(self);
        check.variant(self);
        check.0
    }
}

struct Check(Vec<ContentError>);

impl Check {
    fn error(&mut self, field: &str, code: &str, message: Text) {
        self.0.push(ContentError::new(field, code, message));
    }

    fn text(&mut self, field: &str, text: Option<&str>, most: usize) {
        let Some(text) = text else { return };
        let length = text.chars().count();
        if length > most {
            self.error(field, "value_too_long", say::too_long(most, length));
        }
        if text.contains('\0') {
            self.error(field, "field_format_invalid", say::nul_character());
        }
    }

    fn codes(&mut self, content: &Content) {
        if content.title.is_empty() {
            self.error("title", "required_field_missing", say::title_required());
        }
        if content.sku.is_none() && content.ean.is_none() && content.option_axes.is_empty() {
            self.error("sku", "required_field_missing", say::code_required());
        }
        if let Some(Err(problem)) = content.sku.as_deref().map(Sku::parse) {
            self.error("sku", "field_format_invalid", problem.message());
        }
        if let Some(Err(problem)) = content.ean.as_deref().map(Gtin::parse) {
            self.error("ean", problem.code(), problem.message());
        }
        if let Some(Err(problem)) = content.currency.as_deref().map(Currency::parse) {
            self.error("currency", "currency_unknown", problem.message());
        }
        for (key, value) in &content.identifiers {
            let is_valid = key.len() <= 50
                && key.split('.').all(|part| {
                    !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
                });
            if !is_valid {
                self.error("identifiers", "key_invalid", say::identifier_key(key));
            }
            self.text(&format!("identifiers.{key}"), Some(value), 300);
        }
    }

    fn prices(&mut self, content: &Content) {
        let most = Decimal::from(10_000_000_000_i64);
        for (field, amount) in [
            ("price", content.price),
            ("net_price", content.net_price),
            ("compare_at_price", content.compare_at_price),
            ("cost_price", content.cost_price),
        ] {
            let Some(amount) = amount else { continue };
            if amount.is_sign_negative() && !amount.is_zero() {
                self.error(field, "price_negative", say::price_negative(amount));
            } else if amount >= most {
                self.error(field, "number_too_large", say::price_too_large(most, amount));
            }
        }
        if let Some(rate) = content.tax_rate.filter(|rate| *rate < Decimal::ZERO || *rate > Decimal::ONE_HUNDRED) {
            self.error("tax_rate", "out_of_range", say::tax_rate_range(rate));
        }
        if let Some(stock) = content.stock.filter(|stock| *stock < 0) {
            self.error("stock", "stock_negative", say::stock_negative(stock));
        }
    }

    fn texts(&mut self, content: &Content) {
        self.text("title", Some(&content.title), 500);
        for (field, text, most) in [
            ("description", &content.description, 65_000),
            ("short_description", &content.short_description, 5_000),
            ("brand", &content.brand, 200),
            ("category", &content.category, 500),
            ("supplier_reference", &content.supplier_reference, 200),
            ("family", &content.family, 100),
            ("seo_title", &content.seo_title, 300),
            ("seo_description", &content.seo_description, 1_000),
            ("slug", &content.slug, 300),
        ] {
            self.text(field, text.as_deref(), most);
        }
        for (locale, texts) in &content.texts {
            if !LOCALES.contains(&locale.as_str()) {
                self.error("texts", "locale_unknown", say::one_of(LOCALES.join(", "), locale));
            }
            for (name, text, most) in [
                ("title", &texts.title, 500),
                ("description", &texts.description, 65_000),
                ("short_description", &texts.short_description, 5_000),
                ("seo_title", &texts.seo_title, 300),
                ("seo_description", &texts.seo_description, 1_000),
            ] {
                self.text(&format!("texts.{locale}.{name}"), text.as_deref(), most);
            }
        }
    }

    fn measures(&mut self, content: &Content) {
        let most = Decimal::from(1_000_000_000_i64);
        if content.weight.is_some_and(|weight| !(Decimal::ZERO..most).contains(&weight.grams())) {
            self.error("weight", "out_of_range", say::weight_range());
        }
        let sides = content.dimensions.iter().flat_map(|size| size.millimetres()).flatten();
        if sides.into_iter().any(|side| !(Decimal::ZERO..most).contains(&side)) {
            self.error("dimensions", "out_of_range", say::lengths_range());
        }
    }

    fn lists(&mut self, content: &Content) {
        let urls = content.image_urls.as_deref().unwrap_or_default();
        if urls.len() > MAX_IMAGES {
            self.error("image_urls", "too_many_images", say::too_many_images(MAX_IMAGES, urls.len()));
        }
        if let Some(bad) = urls.iter().find(|url| !crate::values::web_address::is_web_address(url)) {
            self.error("image_urls", "field_format_invalid", say::image_address(bad));
        }
        let tags = content.tags.as_deref().unwrap_or_default();
        if tags.len() > 100 {
            self.error("tags", "too_many", say::too_many_tags(tags.len()));
        }
        if tags.iter().any(|tag| tag.chars().count() > 100 || tag.chars().any(char::is_control)) {
            self.error("tags", "field_format_invalid", say::tag_invalid());
        }
        let categories = content.category_ids.as_deref().map_or(0, <[Uuid]>::len);
        if categories > 50 {
            self.error("category_ids", "too_many", say::too_many_categories(categories));
        }
    }

    fn variant(&mut self, content: &Content) {
        let axes = &content.option_axes;
        let is_name = |name: &String| {
            !name.trim().is_empty() && name.chars().count() <= 100 && !name.chars().any(char::is_control)
        };
        if axes.len() > MAX_AXES || !axes.iter().all(is_name) {
            self.error("option_axes", "field_format_invalid", say::option_names_invalid(MAX_AXES));
        }
        if axes.iter().enumerate().any(|(at, axis)| axes[..at].contains(axis)) {
            self.error("option_axes", "repeated", say::option_name_repeated());
        }
        if content.parent_id.is_some() && !axes.is_empty() {
            self.error("option_axes", "variant_of_variant", say::variant_of_variant());
        }
        if content.options.iter().map(|(axis, value)| axis.len() + value.len()).sum::<usize>() > 1_000 {
            self.error("options", "value_too_long", say::options_too_long());
        }
        if content.parent_id.is_none() && !content.options.is_empty() {
            self.error("options", "not_a_variant", say::not_a_variant());
        }
        if content
            .options
            .values()
            .any(|value| value.trim().is_empty() || value.chars().count() > 200 || value.chars().any(char::is_control))
        {
            self.error("options", "field_format_invalid", say::option_value_length());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product() -> Content {
        Content { title: "Drill".into(), sku: Some("P-1".into()), ..Content::default() }
    }

    #[test]
    fn tidies_and_accepts() {
        let mut content = Content {
            title: " Drill \n 500 W".into(),
            ean: Some("4006381 333931".into()),
            currency: Some("eur".into()),
            price: Some(Decimal::new(1_999_990, 5)),
            tags: Some(vec![" New ".into(), "new".into(), String::new()]),
            ..Content::default()
        };
        content.tidy();
        assert_eq!(content.check(), []);
        assert_eq!(
            (content.title.as_str(), content.ean.as_deref(), content.currency.as_deref()),
            ("Drill 500 W", Some("4006381333931"), Some("EUR"))
        );
        assert_eq!(
            (content.price.unwrap().to_string(), content.tags.unwrap()),
            ("19.9999".to_owned(), vec!["New".to_owned()])
        );
    }

    #[test]
    fn reports_everything_that_is_wrong() {
        let wrong = Content {
            title: String::new(),
            ean: Some("4006381333932".into()),
            price: Some(Decimal::NEGATIVE_ONE),
            tax_rate: Some(Decimal::from(101)),
            stock: Some(-1),
            currency: Some("EURO".into()),
            image_urls: Some(vec!["ftp://x".into()]),
            options: BTreeMap::from([("size".into(), "M".into())]),
            texts: BTreeMap::from([("xx".into(), Texts::default())]),
            identifiers: BTreeMap::from([("Shopify Handle".into(), "x".into())]),
            ..Content::default()
        };
        let fields: Vec<String> = wrong.check().into_iter().map(|error| error.field).collect();
        for field in
            ["title", "ean", "price", "tax_rate", "stock", "currency", "image_urls", "options", "texts", "identifiers"]
        {
            assert!(fields.iter().any(|found| found == field), "{field} is in {fields:?}");
        }
        assert_eq!(product().check(), []);
        assert_eq!(Content { sku: None, ..product() }.check()[0].code, "required_field_missing");
        let parent = Content { sku: None, option_axes: vec!["size".into()], ..product() };
        assert_eq!(parent.check(), [], "a parent needs no code: its variants have theirs");
    }

    #[test]
    fn unknown_and_empty_values_differ_in_json() {
        let content: Content =
            serde_json::from_str(r#"{"title": "x", "sku": "1", "description": "", "tags": [], "brand": null}"#)
                .unwrap();
        assert_eq!((content.description.as_deref(), content.brand, content.tags), (Some(""), None, Some(Vec::new())));
    }
}
