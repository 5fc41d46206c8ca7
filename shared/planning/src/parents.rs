//! How rows become variants of their parents.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use messages::{Text, planning as say};
use product::{Content, Field, Product, ProductRow, RowError};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::batch::BatchRow;
use crate::plan::Planner;

/// The parent of a row's product.
pub(crate) struct Parent {
    /// The index of the parent in the known products.
    pub(crate) at: usize,
    /// The names of its options (axes).
    pub(crate) axes: Vec<String>,
}

impl Planner<'_> {
    /// Makes the row's product, whose id is `id`, a variant of the parent that the row names; or sets the axes of a
    /// parent.
    pub(crate) fn parent(&self, row: &BatchRow, content: &mut Content, id: Uuid) -> Result<Option<Parent>, RowError> {
        let Some(parent_name) = row
            .product
            .parent
            .as_deref()
            .filter(|parent_name| row.product.sku.as_ref().is_none_or(|sku| sku.as_str() != *parent_name))
        else {
            let axes: Vec<String> = row.product.options.iter().map(|(axis, _)| axis.clone()).collect();
            if !axes.is_empty()
                && row.product.options.iter().all(|(_, value)| value.is_none())
                && content.option_axes.is_empty()
            {
                content.option_axes = axes;
            }
            return Ok(None);
        };
        let wrong = |code: &str, message: Text| {
            RowError::field(Field::Parent, code, message.into_string(self.batch.language), parent_name)
        };
        let Some(at) = self.named_parent(&row.product) else {
            return Err(wrong("parent_unknown", say::parent_unknown(parent_name)));
        };
        let parent = &self.context.products[at];
        if parent.content.parent_id.is_some() || parent.trashed_at.is_some() {
            return Err(wrong("parent_invalid", say::parent_invalid(parent_name)));
        }
        let row_options: Vec<(String, String)> =
            row.product.options.iter().filter_map(|(axis, value)| Some((axis.clone(), value.clone()?))).collect();
        let axes = match self.adopted.get(&at) {
            Some(axes) => axes.clone(),
            None if !parent.content.option_axes.is_empty() => parent.content.option_axes.clone(),
            None => row_options.iter().map(|(axis, _)| axis.clone()).collect(),
        };
        // A row that updates a variant may have no options.
        let options: BTreeMap<String, String> =
            if row_options.is_empty() { content.options.clone() } else { row_options.into_iter().collect() };
        if axes.is_empty() {
            return Err(wrong("options_invalid", say::options_unknown()));
        }
        let expected: BTreeSet<&String> = axes.iter().collect();
        if expected != options.keys().collect() {
            let found = options.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let message = match found.as_str() {
                "" => say::options_missing(axes.join(", ")),
                found => say::options_invalid(axes.join(", "), found),
            };
            return Err(wrong("options_invalid", message));
        }
        if self.variants.get(&(parent.id, options.clone())).is_some_and(|variant| *variant != id) {
            let shown: Vec<String> = options.iter().map(|(axis, value)| format!("{axis}: {value}")).collect();
            return Err(wrong("variant_exists", say::variant_exists(shown.join(", "))));
        }
        content.parent_id = Some(parent.id);
        content.options = options;
        Ok(Some(Parent { at, axes }))
    }

    /// Returns the product that a row names as its parent.
    fn named_parent(&self, row: &ProductRow) -> Option<usize> {
        let name = row.parent.as_deref()?;
        let by_shop = self.batch.parent_by.as_ref().and_then(|_| self.index.identifier.get(name));
        let found = by_shop.or_else(|| self.index.sku.get(name)).copied();
        found.or_else(|| self.index.parent_of(row, &self.context.products))
    }

    /// Returns the row without the values that are nothing new for its product:
    ///
    /// - values of a variant's row that repeat those of the parent, which the variant inherits
    /// - images that a shop shows besides those of the product
    /// - the name that a shop's file has for a parent, in place of a SKU
    /// - a price without VAT that follows from the price with VAT
    ///
    /// Inherited values are removed only in batches of variants, which run after all other batches. Then the parent has
    /// the values of the file, in whatever order the batches run.
    pub(crate) fn new_values<'r>(&self, row: &'r ProductRow, product: &Content) -> Cow<'r, ProductRow> {
        let other_code = row.sku.as_ref().is_some_and(|sku| product.sku.as_deref() != Some(sku.as_str()));
        let is_shop_name = other_code && row.parent.is_none() && row.shown.is_some();
        let net_price_follows = product.net_price.is_none() && net_price_follows(row, product);
        let repeats_images = self.repeats_images(row, product);
        // A variant that moves to another parent keeps all values of its row.
        let parent = self.named_parent(row).map(|at| &self.context.products[at]);
        let parent = parent.filter(|parent| self.batch.variants && Some(parent.id) == product.parent_id);
        if !is_shop_name && !net_price_follows && !repeats_images && parent.is_none() {
            return Cow::Borrowed(row);
        }
        let mut row = row.clone();
        if is_shop_name {
            row.sku = None;
        }
        if net_price_follows {
            row.net_price = None;
        }
        if repeats_images {
            row.image_urls = None;
        }
        if let Some(parent) = parent {
            without_inherited(&mut row, product, &parent.content);
        }
        Cow::Owned(row)
    }

    /// Returns `true` if the row's images are the product's images as a shop shows them: for a variant only the main
    /// image, for a parent its own images and then those of its variants.
    fn repeats_images(&self, row: &ProductRow, product: &Content) -> bool {
        let (Some(shown), Some(known)) = (row.image_urls.as_deref(), product.image_urls.as_deref()) else {
            return false;
        };
        let main = self.batch.one_image && row.parent.is_some() && shown.len() == 1 && known.starts_with(shown);
        let theirs = row.shown.as_ref().map_or(0, |variants| variants.images);
        main || theirs > 0 && known == &shown[..shown.len().saturating_sub(theirs)]
    }

    /// Notes the options of an accepted row for its parent.
    pub(crate) fn adopt(&mut self, parent: Option<Parent>, after: &Product) {
        let Some(Parent { at, axes }) = parent else { return };
        let known = &self.context.products[at];
        self.variants.insert((known.id, after.content.options.clone()), after.id);
        if known.content.option_axes.is_empty() {
            self.adopted.insert(at, axes);
        }
    }
}

/// Removes from a variant's row the values that the variant inherits from its parent. Prices are inherited together: a
/// price alone, without the price before the sale that belongs to it, would be wrong.
fn without_inherited(row: &mut ProductRow, product: &Content, parent: &Content) {
    macro_rules! inherited {
        ($($field:ident),*) => {$(
            if product.$field.is_none() && parent.$field == row.$field {
                row.$field = None;
            }
        )*};
    }
    inherited!(tax_rate, brand, description, short_description, category, tags, seo_title, seo_description, image_urls);
    if product.weight.is_none() && parent.weight.map(|weight| weight.grams()) == row.weight_grams {
        row.weight_grams = None;
    }
    if row.currency.is_none_or(|currency| parent.currency.as_deref() == Some(currency.as_str())) {
        let (has_no_price, same) = (
            product.price.is_none() && product.compare_at_price.is_none(),
            row.price == parent.price && row.compare_at_price == parent.compare_at_price,
        );
        if has_no_price && same {
            (row.price, row.compare_at_price) = (None, None);
        }
        inherited!(cost_price);
        if product.currency.is_none() && [row.price, row.net_price, row.compare_at_price, row.cost_price] == [None; 4] {
            row.currency = None;
        }
    }
}

/// Returns `true` if the row's price without VAT follows from the price with VAT and the rate, in the digits that it
/// has.
fn net_price_follows(row: &ProductRow, product: &Content) -> bool {
    let price = row.price.or(product.price);
    let Some(((net, price), rate)) = row.net_price.zip(price).zip(row.tax_rate.or(product.tax_rate)) else {
        return false;
    };
    let exact = price * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate);
    let digits = net.scale().max(2);
    (exact - net).abs() <= Decimal::new(1, digits)
}
