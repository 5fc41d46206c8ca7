//! How rows become variants of their parents.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use product::{Content, Field, Language, Product, ProductRow, RowError};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::batch::BatchRow;
use crate::plan::Planner;

/// The parent that a row names.
pub(crate) struct Parent {
    /// Its place among the known products.
    pub(crate) at: usize,
    /// Its axes.
    pub(crate) axes: Vec<String>,
}

impl Planner<'_> {
    /// Makes the row's product, whose id is `id`, a variant of the parent that it names, or gives a parent its axes.
    pub(crate) fn parent(&self, row: &BatchRow, content: &mut Content, id: Uuid) -> Result<Option<Parent>, RowError> {
        let Some(named) = row
            .product
            .parent
            .as_deref()
            .filter(|named| row.product.sku.as_ref().is_none_or(|sku| sku.as_str() != *named))
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
        let wrong = |english: String, french: String, code: &str| {
            let message = if self.batch.language == Language::Fr { french } else { english };
            RowError::field(Field::Parent, code, message, named)
        };
        let Some(at) = self.named_parent(&row.product) else {
            return Err(wrong(
                format!(
                    "there is no product \"{named}\" that this row could be a variant of; put the parent into the file"
                ),
                format!(
                    "aucun produit « {named} » dont cette ligne serait une déclinaison ; mettez le parent dans le fichier"
                ),
                "parent_unknown",
            ));
        };
        let parent = &self.context.products[at];
        if parent.content.parent_id.is_some() || parent.trashed_at.is_some() {
            return Err(wrong(
                format!("the product \"{named}\" is a variant itself or in the trash"),
                format!("le produit « {named} » est lui-même une déclinaison, ou dans la corbeille"),
                "parent_invalid",
            ));
        }
        let given: Vec<(String, String)> =
            row.product.options.iter().filter_map(|(axis, value)| Some((axis.clone(), value.clone()?))).collect();
        let axes = match self.adopted.get(&at) {
            Some(axes) => axes.clone(),
            None if !parent.content.option_axes.is_empty() => parent.content.option_axes.clone(),
            None => given.iter().map(|(axis, _)| axis.clone()).collect(),
        };
        // An update may leave the options away.
        let options: BTreeMap<String, String> =
            if given.is_empty() { content.options.clone() } else { given.into_iter().collect() };
        let wanted: BTreeSet<&String> = axes.iter().collect();
        if axes.is_empty() || wanted != options.keys().collect() {
            let (axes, found) = (axes.join(", "), options.keys().cloned().collect::<Vec<_>>().join(", "));
            return Err(wrong(
                format!("expected a value for each axis of the parent and nothing else ({axes}), found {found}"),
                format!("une valeur pour chaque axe du parent et rien d'autre est attendue ({axes}), il y a {found}"),
                "options_invalid",
            ));
        }
        if self.variants.get(&(parent.id, options.clone())).is_some_and(|variant| *variant != id) {
            let shown: Vec<String> = options.iter().map(|(axis, value)| format!("{axis}: {value}")).collect();
            let shown = shown.join(", ");
            return Err(wrong(
                format!(
                    "the parent has another variant with the same options ({shown}); correct the options or the codes"
                ),
                format!(
                    "le parent a une autre déclinaison avec les mêmes options ({shown}) ; corrigez les options ou les codes"
                ),
                "variant_exists",
            ));
        }
        content.parent_id = Some(parent.id);
        content.options = options;
        Ok(Some(Parent { at, axes }))
    }

    /// The product that a row names as its parent.
    fn named_parent(&self, row: &ProductRow) -> Option<usize> {
        let named = row.parent.as_deref()?;
        let by_shop = self.batch.parent_by.as_ref().and_then(|_| self.index.identifier.get(named));
        let found = by_shop.or_else(|| self.index.sku.get(named)).copied();
        found.or_else(|| self.index.parent_of(row, &self.context.products))
    }

    /// The row without what is nothing new of the product that it finds: what the row of a variant repeats of the parent, which the
    /// variant inherits; the images that a shop shows beside those that the product has; the name by which the shop's file calls a
    /// parent; a price without VAT that follows from the other.
    ///
    /// What is inherited is looked at in the second phase only: then the parent is as the file leaves it, whatever order batches run in.
    pub(crate) fn news<'r>(&self, row: &'r ProductRow, product: &Content) -> Cow<'r, ProductRow> {
        let other_code = row.sku.as_ref().is_some_and(|sku| product.sku.as_deref() != Some(sku.as_str()));
        let called = other_code && row.parent.is_none() && row.shown.is_some();
        let follows = product.net_price.is_none() && follows(row, product);
        let shown = self.only_shows(row, product);
        // One that goes to another parent says all for itself.
        let parent = self.named_parent(row).map(|at| &self.context.products[at]);
        let parent = parent.filter(|parent| self.batch.variants && Some(parent.id) == product.parent_id);
        if !called && !follows && !shown && parent.is_none() {
            return Cow::Borrowed(row);
        }
        let mut row = row.clone();
        if called {
            row.sku = None;
        }
        if follows {
            row.net_price = None;
        }
        if shown {
            row.image_urls = None;
        }
        if let Some(parent) = parent {
            without_inherited(&mut row, product, &parent.content);
        }
        Cow::Owned(row)
    }

    /// Whether the row's images are those of the product as its shop shows them: of a variant the main one alone, of a parent those of
    /// its variants behind its own.
    fn only_shows(&self, row: &ProductRow, product: &Content) -> bool {
        let (Some(shown), Some(known)) = (row.image_urls.as_deref(), product.image_urls.as_deref()) else {
            return false;
        };
        let main = self.batch.one_image && row.parent.is_some() && shown.len() == 1 && known.starts_with(shown);
        let theirs = row.shown.as_ref().map_or(0, |variants| variants.images);
        main || theirs > 0 && known == &shown[..shown.len().saturating_sub(theirs)]
    }

    /// Notes what an accepted row says of its parent.
    pub(crate) fn adopt(&mut self, parent: Option<Parent>, after: &Product) {
        let Some(Parent { at, axes }) = parent else { return };
        let known = &self.context.products[at];
        self.variants.insert((known.id, after.content.options.clone()), after.id);
        if known.content.option_axes.is_empty() {
            self.adopted.insert(at, axes);
        }
    }
}

/// Takes from a variant's row what the variant has from its parent all the same. Prices are inherited together: one of another
/// product's sale is none.
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
        let (none, same) = (
            product.price.is_none() && product.compare_at_price.is_none(),
            row.price == parent.price && row.compare_at_price == parent.compare_at_price,
        );
        if none && same {
            (row.price, row.compare_at_price) = (None, None);
        }
        inherited!(cost_price);
        if product.currency.is_none() && [row.price, row.net_price, row.compare_at_price, row.cost_price] == [None; 4] {
            row.currency = None;
        }
    }
}

/// Whether the row's price without VAT is what the price with VAT and the rate make, in the digits that it has.
fn follows(row: &ProductRow, product: &Content) -> bool {
    let price = row.price.or(product.price);
    let Some(((net, price), rate)) = row.net_price.zip(price).zip(row.tax_rate.or(product.tax_rate)) else {
        return false;
    };
    let exact = price * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate);
    let digits = net.scale().max(2);
    (exact - net).abs() <= Decimal::new(1, digits)
}
