//! How rows become variants of their parents.

use std::collections::{BTreeMap, BTreeSet};

use product::{Content, Field, Language, RowError};
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
        let found = match &self.batch.parent_by {
            Some(_) => self.index.identifier.get(named).or_else(|| self.index.sku.get(named)),
            None => self.index.sku.get(named),
        };
        let Some(at) = found.copied() else {
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
