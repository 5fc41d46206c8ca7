//! A row of a supplier's file after the checks.

use std::collections::BTreeMap;
use std::fmt;

use messages::Language;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Currency, DecimalMark, Field, Gtin, LengthUnit, ProductStatus, Sku, WeightUnit};

/// What happens to a row with a value that is not acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The row is rejected.
    #[default]
    RejectRow,
    /// The value is left out and reported, and the rest of the row is imported. A wrong code or title still rejects the
    /// row.
    RejectValue,
}

/// The rules by which the texts of rows are read; the same for every row of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowRules {
    /// The file's decimal mark.
    pub decimal_mark: DecimalMark,
    /// The unit of weights without a unit.
    pub weight_unit: WeightUnit,
    /// The unit of lengths without a unit.
    pub length_unit: LengthUnit,
    /// The currency of prices in rows without a currency.
    pub currency: Currency,
    /// What happens to a row with a wrong value.
    pub on_error: OnError,
    /// The language of messages.
    pub language: Language,
    /// The organisation's categories by the supplier's names for them, in lower case.
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

/// The variants that a shop's file shows of a product, if the file has no code of the seller for the product itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownVariants {
    /// The SKUs of some of the variants: one of them is enough to find the product.
    pub skus: Vec<String>,
    /// The number of images that belong to the variants: they are the last images of the product.
    pub images: usize,
}

/// A row in which every value is valid. `None` = the row has no value for the field, so an update does not change it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductRow {
    /// 1 to 500 characters, in one line. Required for a new product.
    pub title: Option<String>,
    /// The seller's code.
    pub sku: Option<Sku>,
    /// The GTIN.
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
    /// The organisation's category for it, see [`RowRules::categories`].
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
    /// The status.
    pub status: Option<ProductStatus>,
    /// At most 100, each at most 100 characters.
    pub tags: Option<Vec<String>>,
    /// At most 300 characters.
    pub seo_title: Option<String>,
    /// At most 1,000 characters.
    pub seo_description: Option<String>,
    /// At most 300 characters.
    pub slug: Option<String>,
    /// For a variant: the SKU or another identifier of its parent.
    pub parent: Option<String>,
    /// The names of the options, with the values of a variant, or without values for a parent.
    pub options: Vec<(String, Option<String>)>,
    /// The texts of attributes, by code; `None` removes the value.
    pub attributes: Vec<(String, Option<String>)>,
    /// The identifiers of the product in channels, by key.
    pub identifiers: Vec<(String, String)>,
    /// The variants that a shop's file shows for the row's product, or for the parent that the row names.
    pub shown: Option<ShownVariants>,
    /// The fields whose values the row's blank cells remove.
    pub clear: Vec<Field>,
    /// Notices about a row that is imported: values that were repaired or left out.
    pub notices: Vec<RowError>,
}

/// An error or a notice about a row, for the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// The field concerned, such as `price` or `attributes.color`; `None` when the row as a whole is wrong.
    pub field: Option<String>,
    /// A code that clients branch on.
    pub code: String,
    /// What was expected and what was found, in the seller's language.
    pub message: String,
    /// The text that was found, at most 200 characters.
    pub value: Option<String>,
}

impl RowError {
    /// Creates an error about one field.
    #[must_use]
    pub fn field(field: impl fmt::Display, code: &str, message: impl fmt::Display, value: &str) -> Self {
        Self {
            field: Some(field.to_string()),
            code: code.to_owned(),
            message: without_nul(&message.to_string()),
            value: Some(without_nul(value).chars().take(200).collect()),
        }
    }

    /// Creates an error about the whole row.
    #[must_use]
    pub fn row(code: &str, message: impl fmt::Display) -> Self {
        Self { field: None, code: code.to_owned(), message: without_nul(&message.to_string()), value: None }
    }

    /// Returns `true` if it is only a notice: the row is imported.
    #[must_use]
    pub fn is_notice(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ean_repaired" | "value_left_out" | "field_kept" | "rule_warning" | "sku_from_handle" | "price_warning"
        )
    }
}

/// Replaces U+0000, which PostgreSQL cannot store in text and JSON.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
