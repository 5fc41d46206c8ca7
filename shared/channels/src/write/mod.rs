//! The layouts of the channels: which columns, from what, and what each channel demands. Each module names the sources of its
//! facts.

pub(crate) mod amazon;
mod amazon_template;
pub(crate) mod free;
pub(crate) mod google;
pub(crate) mod magento;
pub(crate) mod odoo;
pub(crate) mod openai;
pub(crate) mod prestashop;
pub(crate) mod shopify;
pub(crate) mod woocommerce;
pub(crate) mod wxr;

use std::borrow::Cow;

pub use amazon_template::{AmazonTemplate, TemplateError};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use product::{Content, Dimensions, Gtin, LengthUnit, Weight, WeightUnit};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::layout::{Cell, Column, Demand};
use crate::{Item, Listing};

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

/// A line of a file: which product or variant it is about, and what else stands on it.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) listing: &'a Listing,
    pub(crate) item: &'a Item,
    pub(crate) options: &'a LayoutOptions,
    /// Whether it is the first line of its product.
    pub(crate) first: bool,
    /// Whether something is sold on it.
    pub(crate) sold: bool,
    /// The place of an image, counted from 1, and its address.
    pub(crate) image: Option<(usize, &'a str)>,
    /// What the channel knows the product by: a handle, an external id.
    pub(crate) key: &'a str,
    /// The place among the product's variants, counted from 1; 0 for the product.
    pub(crate) number: usize,
}

impl<'a> Line<'a> {
    /// The line of a product, or of the parent of variants.
    pub(crate) fn product(listing: &'a Listing, options: &'a LayoutOptions) -> Self {
        Self { listing, item: &listing.item, options, first: true, sold: true, image: None, key: "", number: 0 }
    }

    /// The line of a variant.
    pub(crate) fn variant(listing: &'a Listing, item: &'a Item, options: &'a LayoutOptions, number: usize) -> Self {
        Self { listing, item, options, first: false, sold: true, image: None, key: "", number }
    }

    pub(crate) fn is_variant(&self) -> bool {
        self.item.content.parent_id.is_some() && self.item.id != self.listing.item.id
    }

    pub(crate) fn is_parent(&self) -> bool {
        !self.listing.variants.is_empty() && !self.is_variant()
    }

    /// What the product says, or its parent.
    pub(crate) fn either<T>(&self, of: impl Fn(&'a Content) -> Option<T>) -> Option<T> {
        of(&self.item.content).or_else(|| of(&self.listing.item.content))
    }

    /// [`Line::either`], of a text.
    pub(crate) fn text(&self, of: impl Fn(&'a Content) -> &'a Option<String>) -> Cow<'a, str> {
        Cow::Borrowed(self.either(|content| of(content).as_deref()).unwrap_or_default())
    }

    /// What is paid, VAT included, and the higher price that it is compared with. Both are of one product.
    fn prices(&self) -> (Option<Decimal>, Option<Decimal>) {
        let of = if self.item.content.price.is_some() { &self.item.content } else { &self.listing.item.content };
        let before = of.compare_at_price.filter(|before| of.price.is_some_and(|price| *before > price));
        (of.price, before)
    }

    /// What is paid now.
    pub(crate) fn price(&self) -> Option<Decimal> {
        self.prices().0
    }

    /// The higher price that is paid no more.
    pub(crate) fn compare_at(&self) -> Option<Decimal> {
        self.prices().1
    }

    /// The price outside a sale.
    pub(crate) fn regular_price(&self) -> Option<Decimal> {
        self.compare_at().or(self.price())
    }

    /// The price in a sale, if there is one.
    pub(crate) fn sale_price(&self) -> Option<Decimal> {
        self.compare_at().and(self.price())
    }

    pub(crate) fn currency(&self) -> &'a str {
        self.either(|content| content.currency.as_deref()).or(self.options.currency.as_deref()).unwrap_or("EUR")
    }

    pub(crate) fn cost(&self) -> Option<Decimal> {
        self.either(|content| content.cost_price)
    }

    pub(crate) fn grams(&self) -> Option<Decimal> {
        self.either(|content| content.weight).map(|weight| weight.grams())
    }

    /// The weight in the shop's unit.
    pub(crate) fn weight(&self) -> Option<Decimal> {
        weight_in(self.either(|content| content.weight), self.options.weight_unit)
    }

    /// Length, width and height in the shop's unit.
    pub(crate) fn sides(&self) -> [Option<Decimal>; 3] {
        sides_in(self.either(|content| content.dimensions), self.options.length_unit)
    }

    /// The categories, each from the root down; those of the parent for a variant without any. What the catalogue's tree does
    /// not know is taken from the supplier's words.
    pub(crate) fn categories(&self) -> Vec<Vec<String>> {
        let of = |item: &'a Item| {
            if !item.categories.is_empty() {
                return item.categories.clone();
            }
            let words = item.content.category.as_deref().unwrap_or_default();
            let path: Vec<String> =
                words.split('>').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
            if path.is_empty() { Vec::new() } else { vec![path] }
        };
        let own = of(self.item);
        if own.is_empty() { of(&self.listing.item) } else { own }
    }

    pub(crate) fn tags(&self) -> &'a [String] {
        self.either(|content| content.tags.as_deref()).unwrap_or_default()
    }

    /// The images of a variant, or of its parent when it has none.
    pub(crate) fn images(&self) -> &'a [String] {
        if self.item.images().is_empty() { self.listing.item.images() } else { self.item.images() }
    }

    /// The values on the axes, in the parent's order.
    pub(crate) fn options_of(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let options = &self.item.content.options;
        let axes = self.listing.item.content.option_axes.iter();
        axes.map(move |axis| (axis.as_str(), options.get(axis).map_or("", String::as_str)))
    }

    /// The value of an attribute, or of an axis with its name.
    pub(crate) fn said(&self, names: &[&str]) -> Cow<'a, str> {
        let named = |name: &str| names.contains(&product::normalize(name).as_str());
        if let Some((_, value)) = self.options_of().find(|(axis, value)| named(axis) && !value.is_empty()) {
            return Cow::Borrowed(value);
        }
        let found = [self.item, &self.listing.item]
            .into_iter()
            .find_map(|item| item.attributes.iter().find(|one| named(&one.code) || named(&one.name)));
        found.map_or(Cow::Borrowed(""), |one| Cow::Owned(one.values.join(", ")))
    }

    /// The product's address in the shop.
    pub(crate) fn link(&self) -> Cow<'a, str> {
        let Some(pattern) = &self.options.link else { return Cow::Borrowed("") };
        let content = &self.item.content;
        let slug = self.text(|content| &content.slug);
        let mut link = pattern.clone();
        for (mark, text) in [
            ("{sku}", content.sku.as_deref().unwrap_or_default()),
            ("{ean}", content.ean.as_deref().unwrap_or_default()),
            ("{slug}", &*slug),
            ("{id}", &*self.item.id.to_string()),
        ] {
            if link.contains(mark) {
                // Without what it is made of there is no address.
                if text.is_empty() {
                    return Cow::Borrowed("");
                }
                link = link.replace(mark, &utf8_percent_encode(text, RESERVED).to_string());
            }
        }
        Cow::Owned(link)
    }
}

pub(crate) fn weight_in(weight: Option<Weight>, unit: WeightUnit) -> Option<Decimal> {
    weight.map(|weight| Weight::from_grams(weight.grams(), unit).value)
}

pub(crate) fn sides_in(size: Option<Dimensions>, unit: LengthUnit) -> [Option<Decimal>; 3] {
    let size = size.and_then(|size| Dimensions::from_millimetres(size.millimetres(), unit));
    size.map_or([None; 3], |size| [size.length, size.width, size.height])
}

/// The names of axes and attributes that feeds have columns for, normalized, in our languages.
pub(crate) const COLOR: &[&str] = &["color", "colour", "couleur", "farbe"];
pub(crate) const SIZE: &[&str] = &["size", "taille", "grosse", "pointure"];
pub(crate) const MATERIAL: &[&str] = &["material", "matiere", "materiau"];
pub(crate) const GENDER: &[&str] = &["gender", "genre", "sexe"];
pub(crate) const AGE_GROUP: &[&str] = &["age_group", "tranche_d_age"];

/// A price, where there is one.
pub(crate) const fn price() -> Demand {
    Demand::That("price_invalid", is_price, "a number such as 12.50")
}

/// A GTIN, where there is one.
pub(crate) fn gtin() -> Demand {
    Demand::That("gtin_invalid", |text| Gtin::parse(text).is_ok(), "a GTIN with the right check digit")
}

/// A web address, where there is one.
pub(crate) const fn web_address(code: &'static str) -> Demand {
    Demand::That(code, is_web_address, "an address that begins with https://")
}

/// Leaves blank columns away where only the filled ones are wanted, but for those that are mapped.
pub(crate) fn wanted(columns: &mut Vec<Column>, options: &LayoutOptions, mapped: impl Fn(&str) -> bool) {
    if options.columns == Columns::Filled {
        columns.retain(|column| !matches!(column.cell, Cell::Blank) || mapped(&column.name));
    }
}

/// The plain text of HTML, in one paragraph a line.
pub(crate) fn plain(html: &str) -> String {
    product::strip_html(html)
}

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What cannot stand in an address at all.
const UNSAFE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// An address in ASCII without spaces, as RFC 3986 has it: what is not is written `%XX`.
pub(crate) fn encoded(url: &str) -> Cow<'_, str> {
    utf8_percent_encode(url, UNSAFE).into()
}

/// Lower-case ASCII letters, digits and single hyphens, at most `max` of them.
pub(crate) fn slug(text: &str, max: usize) -> String {
    let mut slug = String::new();
    for c in deunicode::deunicode(text).chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == max {
            break;
        }
    }
    slug.trim_matches('-').to_owned()
}

pub(crate) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace))
}

pub(crate) fn is_price(text: &str) -> bool {
    text.parse::<Decimal>().is_ok_and(|amount| !amount.is_sign_negative())
}

/// A key made of the product's code, the same whatever else is in the file: where letters or signs of the code are lost, two codes could
/// become one, so that the end of the product's id stands behind it.
pub(crate) fn keyed(item: &Item) -> String {
    let (code, made) = (item.code().to_lowercase(), slug(item.code(), 150));
    if made == code && !made.is_empty() {
        return made;
    }
    format!("{made}-{}", end_of(item.id)).trim_start_matches('-').to_owned()
}

/// The end of an id, which no two products have in common.
fn end_of(id: uuid::Uuid) -> String {
    id.simple().to_string().split_off(20)
}

/// Keys that are given out once: two products whose codes differ in signs only are not one.
#[derive(Default)]
pub(crate) struct Keys(std::collections::HashSet<u64>);

impl Keys {
    /// `wanted`, or with the end of the product's id when another product has it.
    pub(crate) fn take(&mut self, wanted: String, id: uuid::Uuid, joint: char) -> String {
        if !wanted.is_empty() && self.0.insert(fingerprint(&wanted)) {
            return wanted;
        }
        let end = end_of(id);
        let own = if wanted.is_empty() { end } else { format!("{wanted}{joint}{end}") };
        self.0.insert(fingerprint(&own));
        own
    }
}

fn fingerprint(key: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
