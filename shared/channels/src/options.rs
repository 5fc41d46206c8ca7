//! What the seller says of the shop that gets the files.

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
    /// Only those that the catalogue can fill, or a mapping does, so that an import erases nothing else.
    Filled,
}

/// Who sells, for feeds that want to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Seller {
    /// The shop's name.
    pub name: String,
    /// Its address.
    pub url: Option<String>,
    /// The address of what it says about returns.
    pub return_policy: Option<String>,
    /// In how many days a product can be sent back.
    pub return_days: Option<u16>,
    /// The country of the shop, ISO 3166 alpha-2.
    pub country: Option<String>,
    /// The countries where it sells, ISO 3166 alpha-2.
    pub target_countries: Vec<String>,
}

/// What the seller says of the shop that gets the files. What a layout does not use is left alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LayoutOptions {
    /// Which columns a template's file has.
    pub columns: Columns,
    /// The currency of products that name none, ISO 4217; `EUR` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The address of a product in the shop, with `{sku}`, `{ean}`, `{slug}` or `{id}`: `https://shop.example/p/{slug}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The unit in which the shop keeps weights: `g`, `kg` (unless said), `lb`, `oz`.
    #[schema(value_type = String)]
    pub weight_unit: WeightUnit,
    /// The unit in which the shop keeps lengths: `mm`, `cm` (unless said), `m`, `in`.
    pub length_unit: LengthUnit,
    /// The shop's major version: of PrestaShop `9` (unless said) or `8`; of Odoo `19` (unless said) down to `14`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u16>,
    /// PrestaShop: the id of the group of tax rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rules_group: Option<u32>,
    /// Magento: the root of its categories; `Default Category` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_category: Option<String>,
    /// Magento: the set of attributes; `Default` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_set: Option<String>,
    /// Magento: the website's code; `base` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Odoo: the name of the module in the zip, and before the dot of external ids; `products_manager` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Amazon: the product type of the template, such as `SHIRT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_type: Option<String>,
    /// The condition of what is sold: `new` unless said, `refurbished` or `used`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Who sells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller: Option<Seller>,
    /// The organisation's attributes, code and name: the columns that a layout has for them.
    #[serde(skip)]
    pub attributes: Vec<(String, String)>,
}
