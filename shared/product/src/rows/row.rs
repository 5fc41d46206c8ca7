//! One row of a supplier's file, checked.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::values::language::Language;
use crate::{Currency, DecimalMark, Field, Gtin, LengthUnit, ProductStatus, Sku, WeightUnit};

/// What becomes of a row with a value that is not acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The row is rejected.
    #[default]
    RejectRow,
    /// The value is left out and reported, the rest of the row is taken; a code or a title that is wrong rejects the row.
    RejectValue,
}

/// What a row's texts are to be read by; the same for every row of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowRules {
    /// The file's decimal mark.
    pub decimal_mark: DecimalMark,
    /// The unit of a weight that names none.
    pub weight_unit: WeightUnit,
    /// The unit of lengths that name none.
    pub length_unit: LengthUnit,
    /// The currency of a price whose row names none.
    pub currency: Currency,
    /// What becomes of a row with a wrong value.
    pub on_error: OnError,
    /// The language of messages.
    pub language: Language,
    /// The categories of the organisation that stand for the supplier's, by the supplier's words in lower case.
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

/// What a shop's file tells of a product's variants where it calls the product by no code of the seller's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownVariants {
    /// The SKUs of some of them: who knows one knows the product.
    pub skus: Vec<String>,
    /// So many of the product's images, the last ones, are theirs.
    pub images: usize,
}

/// A row whose every value is valid. `None` = the row says nothing about the field, so an update leaves it alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductRow {
    /// 1 to 500 characters, in one line. A product that is not there yet needs one.
    pub title: Option<String>,
    /// The seller's code.
    pub sku: Option<Sku>,
    /// The code under the barcode.
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
    /// The organisation's category that stands for it.
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
    /// The status the row asks for.
    pub status: Option<ProductStatus>,
    /// At most 100, each at most 100 characters.
    pub tags: Option<Vec<String>>,
    /// At most 300 characters.
    pub seo_title: Option<String>,
    /// At most 1,000 characters.
    pub seo_description: Option<String>,
    /// At most 300 characters.
    pub slug: Option<String>,
    /// What tells the parent of a variant.
    pub parent: Option<String>,
    /// The axes of variants: of a parent without values, of a variant with its values.
    pub options: Vec<(String, Option<String>)>,
    /// Attributes by their codes, as texts; `None` takes the value away.
    pub attributes: Vec<(String, Option<String>)>,
    /// What channels call the product.
    pub identifiers: Vec<(String, String)>,
    /// The variants that a shop's file shows of the product that the row is about, or of the parent that it names.
    pub shown: Option<ShownVariants>,
    /// Fields that the row's blank cells empty.
    pub clear: Vec<Field>,
    /// What is to be said about the row although it is taken: values that were repaired or left out.
    pub notices: Vec<RowError>,
}

/// One thing that is wrong with a row, for the error report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// The field concerned, such as `price` or `attributes.color`; `None` when the row as a whole is wrong.
    pub field: Option<String>,
    /// A code that clients branch on.
    pub code: String,
    /// What was expected and what was found, for the seller.
    pub message: String,
    /// The text as found, at most 200 characters of it.
    pub value: Option<String>,
}

impl RowError {
    /// An error about one field.
    #[must_use]
    pub fn field(field: impl fmt::Display, code: &str, message: impl fmt::Display, value: &str) -> Self {
        Self {
            field: Some(field.to_string()),
            code: code.to_owned(),
            message: without_nul(&message.to_string()),
            value: Some(without_nul(value).chars().take(200).collect()),
        }
    }

    /// An error about the row as a whole.
    #[must_use]
    pub fn row(code: &str, message: impl fmt::Display) -> Self {
        Self { field: None, code: code.to_owned(), message: without_nul(&message.to_string()), value: None }
    }

    /// Whether it is only said: the row is taken.
    #[must_use]
    pub fn is_notice(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ean_repaired" | "value_left_out" | "field_kept" | "rule_warning" | "sku_from_handle" | "price_warning"
        )
    }
}

/// What PostgreSQL can store: its text and JSON cannot hold U+0000.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
