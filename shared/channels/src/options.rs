//! What the seller specifies about the shop that gets the files.

use product::{LengthUnit, WeightUnit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The columns of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Columns {
    /// Every column of the channel's template.
    #[default]
    All,
    /// Only the columns that the catalogue or a mapping can fill, so that an import erases nothing else.
    Filled,
}

/// The seller, for feeds that require it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Seller {
    /// The shop's name.
    pub name: String,
    /// Its address.
    pub url: Option<String>,
    /// The address of its return policy.
    pub return_policy: Option<String>,
    /// The number of days in which a product can be returned.
    pub return_days: Option<u16>,
    /// The country of the shop, ISO 3166 alpha-2.
    pub country: Option<String>,
    /// The countries where it sells, ISO 3166 alpha-2.
    pub target_countries: Vec<String>,
}

/// What the seller specifies about the shop that gets the files. A layout ignores the options that it does not use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LayoutOptions {
    /// Which columns of a channel's template the files have.
    pub columns: Columns,
    /// The currency of products without one, ISO 4217; default: `EUR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The address of a product in the shop, with `{sku}`, `{ean}`, `{slug}` or `{id}`:
    /// `https://shop.example/p/{slug}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The shop's unit of weight: `g`, `kg` (default), `lb`, `oz`.
    #[schema(value_type = String)]
    pub weight_unit: WeightUnit,
    /// The shop's unit of length: `mm`, `cm` (default), `m`, `in`.
    pub length_unit: LengthUnit,
    /// The shop's major version: PrestaShop `9` (default) or `8`; Odoo `19` (default) down to `14`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u16>,
    /// PrestaShop: the id of the tax rules group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rules_group: Option<u32>,
    /// Magento: the root category; default: `Default Category`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_category: Option<String>,
    /// Magento: the attribute set; default: `Default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_set: Option<String>,
    /// Magento: the website's code; default: `base`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Odoo: the name of the module in the zip and before the dot of external ids; default: `products_manager`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Amazon: the product type of the template, such as `SHIRT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_type: Option<String>,
    /// The condition of the products: `new` (default), `refurbished` or `used`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The seller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller: Option<Seller>,
    /// The organisation's attributes by code and name, for the columns of a layout.
    #[serde(skip)]
    pub attributes: Vec<(String, String)>,
}
