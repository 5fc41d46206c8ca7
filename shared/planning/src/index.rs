//! Finds the product of a row.

use std::collections::{BTreeSet, HashMap};

use messages::{Text, planning as say};
use product::{Field, MatchKey, Product, ProductRow, RowError};
use uuid::Uuid;

use crate::batch::Batch;

/// The key of a product's name in Shopify, whose files do not have the SKUs of parents.
const HANDLE: &str = "shopify.handle";

/// An index of the products by the codes in rows.
pub(crate) struct Index {
    pub(crate) sku: HashMap<String, usize>,
    pub(crate) gtin: HashMap<String, usize>,
    reference: HashMap<String, Vec<usize>>,
    pub(crate) identifier: HashMap<String, usize>,
    /// Parents by the SKUs of their variants.
    parent: HashMap<String, usize>,
}

impl Index {
    pub(crate) fn new(batch: &Batch, products: &[Product], variants: &[(String, Uuid)]) -> Self {
        let mut index = Self {
            sku: HashMap::new(),
            gtin: HashMap::new(),
            reference: HashMap::new(),
            identifier: HashMap::new(),
            parent: HashMap::new(),
        };
        if !variants.is_empty() {
            let places: HashMap<Uuid, usize> =
                products.iter().enumerate().map(|(at, product)| (product.id, at)).collect();
            let known = variants.iter().filter_map(|(sku, parent)| Some((sku.clone(), *places.get(parent)?)));
            index.parent.extend(known);
        }
        for (at, product) in products.iter().enumerate() {
            let content = &product.content;
            if let Some(sku) = &content.sku {
                index.sku.insert(sku.clone(), at);
            }
            if let Some(ean) = &content.ean {
                index.gtin.insert(format!("{ean:0>14}"), at);
            }
            if let Some(reference) =
                content.supplier_reference.as_ref().filter(|_| content.supplier_id == batch.supplier)
            {
                index.reference.entry(reference.clone()).or_default().push(at);
            }
            if let Some(value) = batch.parent_by.as_ref().and_then(|key| content.identifiers.get(key)) {
                index.identifier.insert(value.clone(), at);
            }
        }
        index
    }

    /// Returns all products that have one of a row's codes.
    pub(crate) fn find_all(&self, sku: Option<&str>, gtin14: Option<&str>, reference: Option<&str>) -> Vec<usize> {
        let references = reference.and_then(|reference| self.reference.get(reference));
        let mut found: Vec<usize> = sku
            .and_then(|sku| self.sku.get(sku).copied())
            .into_iter()
            .chain(gtin14.and_then(|gtin| self.gtin.get(gtin).copied()))
            .chain(references.into_iter().flatten().copied())
            .collect();
        let mut seen = std::collections::HashSet::new();
        found.retain(|at| seen.insert(*at));
        found
    }

    /// Returns the product whose variants the row shows. Of several products with one of these variants, it is the one
    /// with the row's name in the shop. Otherwise it is the only product with one of these variants, if it has no name
    /// in the shop.
    pub(crate) fn parent_of(&self, row: &ProductRow, products: &[Product]) -> Option<usize> {
        let shop_name = row.parent.as_deref().or(row.sku.as_ref().map(product::Sku::as_str));
        let handle = |at: usize| products[at].content.identifiers.get(HANDLE).map(String::as_str);
        let parents: BTreeSet<usize> = row
            .shown
            .iter()
            .flat_map(|variants| &variants.skus)
            .filter_map(|sku| self.parent.get(sku).copied())
            .collect();
        if let Some(at) = parents.iter().find(|at| handle(**at).is_some() && handle(**at) == shop_name) {
            return Some(*at);
        }
        parents.first().copied().filter(|at| parents.len() == 1 && handle(*at).is_none())
    }

    /// Returns the product of a row; `None` if the row is about a new product.
    pub(crate) fn find(
        &self,
        batch: &Batch,
        row: &ProductRow,
        products: &[Product],
    ) -> Result<Option<usize>, RowError> {
        let by_sku = row.sku.as_ref().and_then(|sku| self.sku.get(sku.as_str()).copied());
        let by_gtin = row.ean.as_ref().and_then(|ean| self.gtin.get(ean.to_gtin14().as_str()).copied());
        let references = row.supplier_reference.as_ref().and_then(|reference| self.reference.get(reference));
        let mut found: Option<usize> = None;
        for key in &batch.match_by {
            let candidate = match key {
                MatchKey::Sku => by_sku,
                MatchKey::Ean => by_gtin,
                MatchKey::SupplierReference => match references.map(Vec::as_slice) {
                    Some([only]) => Some(*only),
                    Some(several) if found.is_none() && !several.is_empty() => {
                        return Err(ambiguous(batch, row, several.len()));
                    }
                    _ => None,
                },
            };
            match (found, candidate) {
                (None, candidate) => found = candidate,
                (Some(at), Some(other)) if at != other => return Err(conflict(batch, row, &products[other])),
                _ => {}
            }
        }
        if found.is_none() && by_sku.is_none() && by_gtin.is_none() && row.parent.is_none() {
            return Ok(self.parent_of(row, products));
        }
        // A code of another product cannot become a code of this product.
        for owner in [by_sku, by_gtin].into_iter().flatten() {
            if found.is_some_and(|found| found != owner) || found.is_none() {
                return Err(conflict(batch, row, &products[owner]));
            }
        }
        // The row has both codes: the EAN finds the product, but the product has another SKU.
        let both = batch.match_by.contains(&MatchKey::Sku) && batch.match_by.contains(&MatchKey::Ean);
        if let Some(at) = found.filter(|at| both && by_sku != Some(*at) && by_gtin == Some(*at))
            && row.sku.is_some()
            && products[at].content.sku.is_some()
        {
            return Err(conflict(batch, row, &products[at]));
        }
        Ok(found)
    }
}

fn conflict(batch: &Batch, row: &ProductRow, owner: &Product) -> RowError {
    let ean = row.ean.as_ref().map(product::Gtin::as_str).unwrap_or_default();
    let sku = row.sku.as_ref().map(product::Sku::as_str).unwrap_or_default();
    let code = |code: &Option<String>| code.as_deref().map_or_else(say::no_code, Text::verbatim);
    let message = say::identifier_conflict(sku, ean, code(&owner.content.sku), code(&owner.content.ean));
    let message = message.into_string(batch.language);
    RowError::field(Field::Ean, "identifier_conflict", message, if ean.is_empty() { sku } else { ean })
}

fn ambiguous(batch: &Batch, row: &ProductRow, count: usize) -> RowError {
    let reference = row.supplier_reference.as_deref().unwrap_or_default();
    let message = say::match_ambiguous(count, reference).into_string(batch.language);
    RowError::field(Field::SupplierReference, "match_ambiguous", message, reference)
}
