//! A line of a file.

use std::borrow::Cow;

use percent_encoding::utf8_percent_encode;
use product::Content;
use rust_decimal::Decimal;

use crate::options::LayoutOptions;
use crate::values::{RESERVED, sides_in, weight_in};
use crate::{Item, Listing};

/// A line of a file: its product or variant, and what else it contains.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) listing: &'a Listing,
    pub(crate) item: &'a Item,
    pub(crate) options: &'a LayoutOptions,
    /// Whether it is the first line of its product.
    pub(crate) first: bool,
    /// Whether the line is about something that is sold.
    pub(crate) sold: bool,
    /// The position of an image, counted from 1, and its address.
    pub(crate) image: Option<(usize, &'a str)>,
    /// The key by which the channel identifies the product: a handle, an external id.
    pub(crate) key: &'a str,
    /// The position among the product's variants, counted from 1; 0 for the product.
    pub(crate) number: usize,
}

impl<'a> Line<'a> {
    /// Returns the line of a product, or of the parent of variants.
    pub(crate) fn product(listing: &'a Listing, options: &'a LayoutOptions) -> Self {
        Self { listing, item: &listing.item, options, first: true, sold: true, image: None, key: "", number: 0 }
    }

    /// Returns the line of a variant.
    pub(crate) fn variant(listing: &'a Listing, item: &'a Item, options: &'a LayoutOptions, number: usize) -> Self {
        Self { listing, item, options, first: false, sold: true, image: None, key: "", number }
    }

    pub(crate) fn is_variant(&self) -> bool {
        self.item.content.parent_id.is_some() && self.item.id != self.listing.item.id
    }

    pub(crate) fn is_parent(&self) -> bool {
        !self.listing.variants.is_empty() && !self.is_variant()
    }

    /// Returns a value of the product, or of its parent if the product does not have it.
    pub(crate) fn either<T>(&self, of: impl Fn(&'a Content) -> Option<T>) -> Option<T> {
        of(&self.item.content).or_else(|| of(&self.listing.item.content))
    }

    /// Returns a text as [`Line::either`] does; blank if both lack it.
    pub(crate) fn text(&self, of: impl Fn(&'a Content) -> &'a Option<String>) -> Cow<'a, str> {
        Cow::Borrowed(self.either(|content| of(content).as_deref()).unwrap_or_default())
    }

    /// Returns the current price, VAT included, and the higher price that it is compared with. Both come from the same
    /// product.
    fn prices(&self) -> (Option<Decimal>, Option<Decimal>) {
        let of = if self.item.content.price.is_some() { &self.item.content } else { &self.listing.item.content };
        let before = of.compare_at_price.filter(|before| of.price.is_some_and(|price| *before > price));
        (of.price, before)
    }

    /// Returns the current price.
    pub(crate) fn price(&self) -> Option<Decimal> {
        self.prices().0
    }

    /// Returns the higher price before the sale.
    pub(crate) fn compare_at(&self) -> Option<Decimal> {
        self.prices().1
    }

    /// Returns the price outside a sale.
    pub(crate) fn regular_price(&self) -> Option<Decimal> {
        self.compare_at().or(self.price())
    }

    /// Returns the price in a sale; `None` outside a sale.
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

    /// Returns the weight in the shop's unit.
    pub(crate) fn weight(&self) -> Option<Decimal> {
        weight_in(self.either(|content| content.weight), self.options.weight_unit)
    }

    /// Returns length, width and height in the shop's unit.
    pub(crate) fn sides(&self) -> [Option<Decimal>; 3] {
        sides_in(self.either(|content| content.dimensions), self.options.length_unit)
    }

    /// Returns the categories, each from the root down; for a variant without categories those of its parent. A product
    /// without categories in the catalogue's tree has the category of the supplier's words.
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

    /// Returns the images of a variant, or of its parent if it has no images.
    pub(crate) fn images(&self) -> &'a [String] {
        if self.item.images().is_empty() { self.listing.item.images() } else { self.item.images() }
    }

    /// Returns the axes with the variant's values, in the parent's order.
    pub(crate) fn options_of(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let options = &self.item.content.options;
        let axes = self.listing.item.content.option_axes.iter();
        axes.map(move |axis| (axis.as_str(), options.get(axis).map_or("", String::as_str)))
    }

    /// Returns the value of the axis or attribute with one of these names; blank if it does not exist.
    pub(crate) fn value_of(&self, names: &[&str]) -> Cow<'a, str> {
        let has_name = |name: &str| names.contains(&mapping::normalize(name).as_str());
        if let Some((_, value)) = self.options_of().find(|(axis, value)| has_name(axis) && !value.is_empty()) {
            return Cow::Borrowed(value);
        }
        let found = [self.item, &self.listing.item]
            .into_iter()
            .find_map(|item| item.attributes.iter().find(|one| has_name(&one.code) || has_name(&one.name)));
        found.map_or(Cow::Borrowed(""), |one| Cow::Owned(one.values.join(", ")))
    }

    /// Returns the product's address in the shop; blank if it is not known.
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
                // Without all its parts the address does not exist.
                if text.is_empty() {
                    return Cow::Borrowed("");
                }
                link = link.replace(mark, &utf8_percent_encode(text, RESERVED).to_string());
            }
        }
        Cow::Owned(link)
    }
}
