//! The fields of a product that a supplier file can fill.

use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// A field of a product to which a column of a file can be mapped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field {
            $(#[doc = $doc] $variant,)*
        }

        impl Field {
            /// All fields, in the order in which they are shown and stored in a batch.
            pub const ALL: &[Field] = &[$(Field::$variant),*];

            /// The field's name in the API, in batches and in error reports: `snake_case`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Field::$variant => $name),* }
            }
        }

        impl std::str::FromStr for Field {
            type Err = UnknownField;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name => Ok(Field::$variant),)*
                    _ => Err(UnknownField(name.to_owned())),
                }
            }
        }
    };
}

fields! {
    Title = "title", "The product's name, required.";
    Sku = "sku", "The seller's own code, unique in the tenant. Required unless there is an EAN.";
    Ean = "ean", "The GTIN (8, 12, 13 or 14 digits), unique in the tenant. Required unless there is a SKU.";
    Price = "price", "The selling price, VAT included.";
    NetPrice = "net_price", "The selling price without VAT.";
    CompareAtPrice = "compare_at_price", "The price before a sale, VAT included.";
    CostPrice = "cost_price", "The price that the seller pays the supplier, without VAT.";
    Currency = "currency", "The ISO 4217 code of every price of the row.";
    Brand = "brand", "The brand or manufacturer.";
    Description = "description", "The long text, HTML allowed.";
    ShortDescription = "short_description", "The summary.";
    Category = "category", "The category's path.";
    Stock = "stock", "The whole number of pieces available.";
    ImageUrls = "image_urls", "The addresses of the images, the main one first.";
    SupplierReference = "supplier_reference", "The supplier's own code of the product.";
    Weight = "weight", "The weight of one piece.";
    Status = "status", "Whether the product is active, a draft, inactive or archived.";
    TaxRate = "tax_rate", "The rate of VAT, in percent.";
    Tags = "tags", "Words by which the organisation finds its products.";
    SeoTitle = "seo_title", "The title for search engines.";
    SeoDescription = "seo_description", "The description for search engines.";
    Slug = "slug", "The last part of the product's address in a shop.";
    Family = "family", "The code of the family.";
    Length = "length", "The length of one piece.";
    Width = "width", "The width of one piece.";
    Height = "height", "The height of one piece.";
    Parent = "parent", "For a variant: the SKU of its parent, or another value that identifies the parent.";
    Option1Name = "option1_name", "The name of the first option by which variants differ.";
    Option1Value = "option1_value", "A variant's value for the first option.";
    Option2Name = "option2_name", "The name of the second option.";
    Option2Value = "option2_value", "A variant's value for the second option.";
    Option3Name = "option3_name", "The name of the third option.";
    Option3Value = "option3_value", "A variant's value for the third option.";
}

impl Field {
    /// The number of fields: the width of a row of [`crate::Cells`].
    pub const COUNT: usize = Field::ALL.len();

    /// Returns `true` if the field holds a number, which a file writes with its own decimal mark.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(
            self,
            Field::Price
                | Field::NetPrice
                | Field::CompareAtPrice
                | Field::CostPrice
                | Field::Weight
                | Field::Stock
                | Field::Length
                | Field::Width
                | Field::Height
                | Field::TaxRate
        )
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Field {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

/// The error for a name that is not the name of a field.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownField(String);

impl UnknownField {
    /// The message for the seller: the name, and the names of all fields.
    #[must_use]
    pub fn message(&self) -> messages::Text {
        let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        messages::product::unknown_file_field(&self.0, names.join(", "))
    }
}

impl std::fmt::Display for UnknownField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for UnknownField {}
