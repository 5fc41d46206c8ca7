//! A line of a file.

use std::borrow::Cow;

use percent_encoding::utf8_percent_encode;
use product::Content;
use rust_decimal::Decimal;

use crate::options::LayoutOptions;
use crate::values::{RESERVED, sides_in, weight_in};
use crate::{Item, Listing};

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
        let named = |name: &str| names.contains(&mapping::normalize(name).as_str());
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
