//! Merges a row of a file into a product. A locked field, or a field that a stronger source owns, does not change.

use messages::{Language, planning as say};
use product::{Content, Dimensions, Field, Kept, Product, ProductRow, RowError, SourcePolicy, Weight, WeightUnit};
use uuid::Uuid;

/// Merges a row into a product. A locked field, or a field that a stronger source owns, does not change.
pub(crate) struct MergeRow<'t> {
    policy: &'t SourcePolicy,
    product: &'t Product,
    source: &'t str,
    /// The fields that do not change, with the reason.
    pub(crate) kept: Vec<(String, Reason)>,
}

/// The reason why a field does not change.
pub(crate) enum Reason {
    /// It is locked, or a stronger source owns it.
    Policy(Kept),
    /// The row's prices have another currency, and one of the product's prices may not be changed.
    Prices,
}

impl<'t> MergeRow<'t> {
    pub(crate) fn new(policy: &'t SourcePolicy, product: &'t Product, source: &'t str) -> Self {
        Self { policy, product, source, kept: Vec::new() }
    }

    fn may_change(&mut self, field: &str) -> bool {
        match self.policy.check(&self.product.owners, &self.product.locked, field, self.source) {
            Ok(()) => true,
            Err(kept) => {
                self.kept.push((field.to_owned(), Reason::Policy(kept)));
                false
            }
        }
    }

    /// Sets a field to `new`, if that is a value and the field may change.
    fn fill<T: PartialEq + Clone>(&mut self, field: &'static str, place: &mut Option<T>, new: Option<&T>) {
        if let Some(new) = new
            && place.as_ref() != Some(new)
            && self.may_change(field)
        {
            *place = Some(new.clone());
        }
    }

    fn empty<T>(&mut self, field: &'static str, place: &mut Option<T>) {
        if place.is_some() && self.may_change(field) {
            *place = None;
        }
    }

    /// Returns `true` if the row's prices may be merged. All prices of a product have one currency, so a row in another
    /// currency changes either all prices or none.
    fn may_change_prices(&mut self, content: &Content, row: &ProductRow) -> bool {
        let other = row.currency.zip(content.currency.as_deref()).is_some_and(|(new, old)| new.as_str() != old);
        let stays = other.then(|| {
            let prices = [
                ("price", content.price),
                ("net_price", content.net_price),
                ("compare_at_price", content.compare_at_price),
                ("cost_price", content.cost_price),
            ];
            let known = prices.into_iter().filter(|(_, price)| price.is_some()).map(|(field, _)| field);
            known
                .chain(["currency"])
                .any(|field| self.policy.check(&self.product.owners, &self.product.locked, field, self.source).is_err())
        });
        if stays == Some(true) {
            self.kept.push(("currency".to_owned(), Reason::Prices));
            return false;
        }
        true
    }

    /// Merges the values of the row; fields without a value in the row stay as they are.
    pub(crate) fn merge(&mut self, content: &mut Content, row: &ProductRow, supplier: Option<Uuid>) {
        for field in &row.clear {
            self.clear(content, *field);
        }
        if let Some(title) = row.title.as_ref().filter(|title| content.title != **title)
            && self.may_change("title")
        {
            content.title.clone_from(title);
        }
        self.fill("sku", &mut content.sku, row.sku.clone().map(String::from).as_ref());
        self.fill("ean", &mut content.ean, row.ean.clone().map(String::from).as_ref());
        self.fill("description", &mut content.description, row.description.as_ref());
        self.fill("short_description", &mut content.short_description, row.short_description.as_ref());
        self.fill("brand", &mut content.brand, row.brand.as_ref());
        self.fill("category", &mut content.category, row.category.as_ref());
        self.fill("category_ids", &mut content.category_ids, row.category_id.map(|id| vec![id]).as_ref());
        self.fill("family", &mut content.family, row.family.as_ref());
        if self.may_change_prices(content, row) {
            self.fill("price", &mut content.price, row.price.as_ref());
            self.fill("net_price", &mut content.net_price, row.net_price.as_ref());
            self.fill("compare_at_price", &mut content.compare_at_price, row.compare_at_price.as_ref());
            self.fill("cost_price", &mut content.cost_price, row.cost_price.as_ref());
            self.fill("currency", &mut content.currency, row.currency.map(String::from).as_ref());
        }
        self.fill("tax_rate", &mut content.tax_rate, row.tax_rate.map(|rate| rate.round_dp(3).normalize()).as_ref());
        self.fill("stock", &mut content.stock, row.stock.as_ref());
        self.measures(content, row);
        self.fill("image_urls", &mut content.image_urls, row.image_urls.as_ref());
        self.fill("supplier_id", &mut content.supplier_id, supplier.as_ref());
        self.fill("supplier_reference", &mut content.supplier_reference, row.supplier_reference.as_ref());
        self.fill("tags", &mut content.tags, row.tags.as_ref());
        self.fill("seo_title", &mut content.seo_title, row.seo_title.as_ref());
        self.fill("seo_description", &mut content.seo_description, row.seo_description.as_ref());
        self.fill("slug", &mut content.slug, row.slug.as_ref());
        for (key, value) in &row.identifiers {
            if content.identifiers.get(key) != Some(value) && self.may_change(&format!("identifiers.{key}")) {
                content.identifiers.insert(key.clone(), value.clone());
            }
        }
        if let Some(status) = row.status.filter(|status| *status != content.status)
            && self.may_change("status")
        {
            content.status = status;
        }
    }

    fn measures(&mut self, content: &mut Content, row: &ProductRow) {
        let unit = content.weight.map_or(WeightUnit::Gram, |weight| weight.unit);
        let old_grams = content.weight.map(|weight| weight.grams());
        if let Some(grams) = row.weight_grams.filter(|grams| old_grams != Some(*grams))
            && self.may_change("weight")
        {
            content.weight = Some(Weight::from_grams(grams, unit));
        }
        if row.sides.iter().any(Option::is_some) {
            let [length, width, height] = row.sides;
            let row_sides = Dimensions { length, width, height, unit: row.length_unit }.millimetres();
            let old_sides = content.dimensions.map_or([None; 3], |size| size.millimetres());
            let merged = [row_sides[0].or(old_sides[0]), row_sides[1].or(old_sides[1]), row_sides[2].or(old_sides[2])];
            if merged != old_sides && self.may_change("dimensions") {
                let unit = content.dimensions.map_or(row.length_unit, |size| size.unit);
                content.dimensions = Dimensions::from_millimetres(merged, unit);
            }
        }
    }

    /// Removes the value of a field; a title and a status always have a value.
    fn clear(&mut self, content: &mut Content, field: Field) {
        match field {
            Field::Sku => self.empty("sku", &mut content.sku),
            Field::Ean => self.empty("ean", &mut content.ean),
            Field::Price => self.empty("price", &mut content.price),
            Field::NetPrice => self.empty("net_price", &mut content.net_price),
            Field::CompareAtPrice => self.empty("compare_at_price", &mut content.compare_at_price),
            Field::CostPrice => self.empty("cost_price", &mut content.cost_price),
            Field::TaxRate => self.empty("tax_rate", &mut content.tax_rate),
            Field::Brand => self.empty("brand", &mut content.brand),
            Field::Description => self.empty("description", &mut content.description),
            Field::ShortDescription => self.empty("short_description", &mut content.short_description),
            Field::Category => {
                self.empty("category", &mut content.category);
            }
            Field::Family => self.empty("family", &mut content.family),
            Field::Stock => self.empty("stock", &mut content.stock),
            Field::ImageUrls => self.empty("image_urls", &mut content.image_urls),
            Field::SupplierReference => self.empty("supplier_reference", &mut content.supplier_reference),
            Field::Weight => self.empty("weight", &mut content.weight),
            Field::Tags => self.empty("tags", &mut content.tags),
            Field::SeoTitle => self.empty("seo_title", &mut content.seo_title),
            Field::SeoDescription => self.empty("seo_description", &mut content.seo_description),
            Field::Slug => self.empty("slug", &mut content.slug),
            Field::Length | Field::Width | Field::Height => {
                if let Some(size) = content.dimensions.filter(|_| self.may_change("dimensions")) {
                    let mut sides = size.millimetres();
                    sides[usize::from(field == Field::Width) + 2 * usize::from(field == Field::Height)] = None;
                    content.dimensions = Dimensions::from_millimetres(sides, size.unit);
                }
            }
            _ => {}
        }
    }
}

pub(crate) fn kept_error(kept: &[(String, Reason)], language: Language) -> RowError {
    let fields = kept.iter().map(|(field, reason)| {
        let text = match reason {
            Reason::Policy(Kept::Locked) => say::field_locked(field),
            Reason::Policy(Kept::Owned(owner)) => say::field_owned(field, owner),
            Reason::Prices => say::prices_kept(field),
        };
        text.into_string(language)
    });
    let fields = fields.collect::<Vec<_>>().join(", ");
    RowError::row("field_kept", say::fields_kept(fields).into_string(language))
}
