//! A product as a channel sees it, and why a channel would not take it.

use product::ProductStatus;
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

/// A product on its way to a channel. `None` = not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The product's id.
    pub id: Uuid,
    /// The seller's code.
    pub sku: Option<String>,
    /// The GTIN, leading zeros kept.
    pub ean: Option<String>,
    /// The name.
    pub title: String,
    /// The long text, HTML allowed.
    pub description: Option<String>,
    /// The brand.
    pub brand: Option<String>,
    /// The category's path.
    pub category: Option<String>,
    /// The selling price, VAT included.
    pub price: Option<Decimal>,
    /// The price before a sale, VAT included.
    pub compare_at_price: Option<Decimal>,
    /// What the seller pays, without VAT.
    pub cost_price: Option<Decimal>,
    /// Whole pieces.
    pub stock: Option<i32>,
    /// The images' public addresses, the main one first.
    pub image_urls: Vec<String>,
    /// The weight of a piece, in grams.
    pub weight_grams: Option<Decimal>,
    /// The status.
    pub status: ProductStatus,
}

/// Why a product is not in the file, for the seller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// A code that clients branch on.
    pub code: &'static str,
    /// What the channel expects and what to do.
    pub message: String,
}
