//! What a row of a file may change of a product: a field that somebody locked, or that a stronger source owns, stays.

use product::{
    Content, Dimensions, Field, Kept, Language, Product, ProductRow, RowError, SourcePolicy, Weight, WeightUnit,
};
use uuid::Uuid;

/// What a row may change of a product: a field that somebody locked, or that a stronger source owns, stays.
pub(crate) struct MergeRow<'t> {
    policy: &'t SourcePolicy,
    product: &'t Product,
    source: &'t str,
    /// The fields that stay, and why.
    pub(crate) kept: Vec<(String, Kept)>,
}

impl<'t> MergeRow<'t> {
    pub(crate) fn new(policy: &'t SourcePolicy, product: &'t Product, source: &'t str) -> Self {
        Self { policy, product, source, kept: Vec::new() }
    }

    fn may(&mut self, field: &str) -> bool {
        match self.policy.check(&self.product.owners, &self.product.locked, field, self.source) {
            Ok(()) => true,
            Err(kept) => {
                self.kept.push((field.to_owned(), kept));
                false
            }
        }
    }

    /// Puts `new`, if there is one, in the place, unless it is kept.
    fn fill<T: PartialEq + Clone>(&mut self, field: &'static str, place: &mut Option<T>, new: Option<&T>) {
        if let Some(new) = new
            && place.as_ref() != Some(new)
            && self.may(field)
        {
            *place = Some(new.clone());
        }
    }

    fn empty<T>(&mut self, field: &'static str, place: &mut Option<T>) {
        if place.is_some() && self.may(field) {
            *place = None;
        }
    }

    /// Whether the row's prices may be taken over: all prices have one currency, so a row in another one changes none of
    /// them unless it may change each.
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
            let kept = Kept::Owned("a price that this source may not change".to_owned());
            self.kept.push(("currency".to_owned(), kept));
            return false;
        }
        true
    }

    /// Takes over what the row says and leaves the rest.
    pub(crate) fn take(&mut self, content: &mut Content, row: &ProductRow, supplier: Option<Uuid>) {
        for field in &row.clear {
            self.clear(content, *field);
        }
        if let Some(title) = row.title.as_ref().filter(|title| content.title != **title)
            && self.may("title")
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
            if content.identifiers.get(key) != Some(value) && self.may(&format!("identifiers.{key}")) {
                content.identifiers.insert(key.clone(), value.clone());
            }
        }
        if let Some(status) = row.status.filter(|status| *status != content.status)
            && self.may("status")
        {
            content.status = status;
        }
    }

    fn measures(&mut self, content: &mut Content, row: &ProductRow) {
        let unit = content.weight.map_or(WeightUnit::Gram, |weight| weight.unit);
        let weighs = content.weight.map(|weight| weight.grams());
        if let Some(grams) = row.weight_grams.filter(|grams| weighs != Some(*grams))
            && self.may("weight")
        {
            content.weight = Some(Weight::from_grams(grams, unit));
        }
        if row.sides.iter().any(Option::is_some) {
            let [length, width, height] = row.sides;
            let said = Dimensions { length, width, height, unit: row.length_unit }.millimetres();
            let had = content.dimensions.map_or([None; 3], |size| size.millimetres());
            let merged = [said[0].or(had[0]), said[1].or(had[1]), said[2].or(had[2])];
            if merged != had && self.may("dimensions") {
                let unit = content.dimensions.map_or(row.length_unit, |size| size.unit);
                content.dimensions = Dimensions::from_millimetres(merged, unit);
            }
        }
    }

    /// Empties a field; a title and a status are never empty.
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
                if let Some(size) = content.dimensions.filter(|_| self.may("dimensions")) {
                    let mut sides = size.millimetres();
                    sides[usize::from(field == Field::Width) + 2 * usize::from(field == Field::Height)] = None;
                    content.dimensions = Dimensions::from_millimetres(sides, size.unit);
                }
            }
            _ => {}
        }
    }
}

pub(crate) fn kept_error(kept: &[(String, Kept)], language: Language) -> RowError {
    let french = language == Language::Fr;
    let reasons: Vec<String> = kept
        .iter()
        .map(|(field, why)| match why {
            Kept::Locked if french => format!("{field} (verrouillé par une modification)"),
            Kept::Locked => format!("{field} (locked by an edit)"),
            Kept::Owned(owner) if french => format!("{field} (appartient à {owner})"),
            Kept::Owned(owner) => format!("{field} (owned by {owner})"),
        })
        .collect();
    let start = language.choose("these fields stay as they are", "ces champs restent comme ils sont");
    RowError::row("field_kept", format!("{start}: {}", reasons.join(", ")))
}
