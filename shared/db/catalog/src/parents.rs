//! How rows become variants of their parents.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use product::{Content, Field, Language, ProductRow, RowError};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::batches::BatchRow;
use crate::plan::Planner;
use crate::products::Product;

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
        let parent = &self.knowledge.products[at];
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
        found.or_else(|| self.index.parent_of(row, &self.knowledge.products))
    }

    /// The row without what is nothing new of the product that it finds: what a variant's row repeats of the parent, which the variant
    /// inherits; a main image that it shows in the place of all; the name by which the shop's file calls a parent; a price without VAT
    /// that follows from the other.
    pub(crate) fn news<'r>(&self, row: &'r ProductRow, product: &Content) -> Cow<'r, ProductRow> {
        let called = row.sku.as_ref().is_some_and(|sku| product.sku.as_deref() != Some(sku.as_str()));
        let called = called && row.parent.is_none() && !row.siblings.is_empty();
        let follows = product.net_price.is_none() && follows(row, product);
        // One that goes to another parent says all for itself.
        let moves = row.parent.is_some()
            && self.named_parent(row).is_none_or(|at| Some(self.knowledge.products[at].id) != product.parent_id);
        let parent = product.parent_id.filter(|_| !moves).and_then(|parent| self.index.id.get(&parent));
        if !called && !follows && parent.is_none() {
            return Cow::Borrowed(row);
        }
        let mut row = row.clone();
        if called {
            row.sku = None;
        }
        if follows {
            row.net_price = None;
        }
        let Some(parent) = parent.map(|at| &self.knowledge.products[*at].content) else { return Cow::Owned(row) };
        macro_rules! inherited {
            ($($field:ident),*) => {$(
                if product.$field.is_none() && parent.$field == row.$field {
                    row.$field = None;
                }
            )*};
        }
        inherited!(
            price,
            net_price,
            compare_at_price,
            cost_price,
            tax_rate,
            brand,
            description,
            short_description,
            category
        );
        inherited!(tags, seo_title, seo_description, image_urls);
        if product.weight.is_none() && parent.weight.map(|weight| weight.grams()) == row.weight_grams {
            row.weight_grams = None;
        }
        let shown = row.image_urls.as_deref().filter(|shown| self.batch.one_image && shown.len() == 1);
        if shown.is_some_and(|shown| product.image_urls.as_ref().is_some_and(|all| all.starts_with(shown))) {
            row.image_urls = None;
        }
        Cow::Owned(row)
    }

    /// Notes what an accepted row says of its parent.
    pub(crate) fn adopt(&mut self, parent: Option<Parent>, after: &Product) {
        let Some(Parent { at, axes }) = parent else { return };
        let known = &self.knowledge.products[at];
        self.variants.insert((known.id, after.content.options.clone()), after.id);
        if known.content.option_axes.is_empty() {
            self.adopted.insert(at, axes);
        }
    }
}

/// Whether the row's price without VAT is what the price with VAT and the rate make, to the cent.
fn follows(row: &ProductRow, product: &Content) -> bool {
    let price = row.price.or(product.price);
    let Some(((net, price), rate)) = row.net_price.zip(price).zip(row.tax_rate.or(product.tax_rate)) else {
        return false;
    };
    let gross = net * (Decimal::ONE_HUNDRED + rate) / Decimal::ONE_HUNDRED;
    (gross - price).abs() < Decimal::new(5, 3)
}
