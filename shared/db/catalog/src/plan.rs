//! What the rows of an import make of the catalogue: which products they find, what they change of them, and what is said
//! about each. A preview and a commit ask here; nobody else decides.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use product::{
    Attribute, Content, Dimensions, Field, FieldChange, ImportMode, Kept, Language, MatchKey, Outcome, ProductRow,
    RowError, RowIssue, Rules, Severity, SourcePolicy, Weight, WeightUnit, diff, moved_percent,
};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::batches::{Batch, BatchRow};
use crate::catalogs::Setup;
use crate::products::Product;
use crate::write::Written;

/// What a row comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRow {
    /// The row's number in the file.
    pub row: i32,
    /// `created`, `updated`, `unchanged`, `skipped` or `rejected`.
    pub action: &'static str,
    /// The product that the row finds, as it was.
    pub found: Option<(Uuid, i64)>,
    /// The product's codes and title, as they would be.
    pub sku: Option<String>,
    /// See [`PlannedRow::sku`].
    pub ean: Option<String>,
    /// See [`PlannedRow::sku`].
    pub title: Option<String>,
    /// The fields that change; of a new product, all that it has.
    pub changes: BTreeMap<String, FieldChange>,
    /// By how many percent the price moves.
    pub price_move: Option<Decimal>,
}

/// What is known before rows are planned.
pub(crate) struct Knowledge<'k> {
    pub(crate) setup: &'k Setup,
    /// Products that have one of the rows' codes, or are their parents.
    pub(crate) products: Vec<Product>,
    /// Definitions of attributes, when a row has any.
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// Those categories of the rows that are there.
    pub(crate) categories: BTreeSet<Uuid>,
    /// Who has the value of a field that must be unique: by field and value.
    pub(crate) taken: HashMap<(String, String), Vec<Uuid>>,
    /// How many more products there may be.
    pub(crate) room: Option<i64>,
    /// Whether the rows' fates are wanted, not only their number.
    pub(crate) trace: bool,
    pub(crate) now: OffsetDateTime,
}

/// What rows come to.
pub(crate) struct Plan {
    pub(crate) written: Vec<Written>,
    pub(crate) outcome: Outcome,
    pub(crate) rows: Vec<PlannedRow>,
}

/// The products by what rows name them by.
struct Index {
    sku: HashMap<String, usize>,
    gtin: HashMap<String, usize>,
    reference: HashMap<String, Vec<usize>>,
    identifier: HashMap<String, usize>,
}

impl Index {
    fn new(batch: &Batch, products: &[Product]) -> Self {
        let mut index =
            Self { sku: HashMap::new(), gtin: HashMap::new(), reference: HashMap::new(), identifier: HashMap::new() };
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

    /// The product that a row is about.
    fn find(&self, batch: &Batch, row: &ProductRow, products: &[Product]) -> Result<Option<usize>, RowError> {
        let by_sku = row.sku.as_ref().and_then(|sku| self.sku.get(sku.as_str()).copied());
        let by_gtin = row.ean.as_ref().and_then(|ean| self.gtin.get(ean.to_gtin14().as_str()).copied());
        let references = row.supplier_reference.as_ref().and_then(|reference| self.reference.get(reference));
        let mut found: Option<usize> = None;
        for key in &batch.match_by {
            let here = match key {
                MatchKey::Sku => by_sku,
                MatchKey::Ean => by_gtin,
                MatchKey::SupplierReference => match references.map(Vec::as_slice) {
                    Some([one]) => Some(*one),
                    Some(several) if found.is_none() && !several.is_empty() => {
                        return Err(ambiguous(batch, row, several.len()));
                    }
                    _ => None,
                },
            };
            match (found, here) {
                (None, here) => found = here,
                (Some(one), Some(other)) if one != other => return Err(conflict(batch, row, &products[other])),
                _ => {}
            }
        }
        // A code that is another product's cannot become this one's.
        for owner in [by_sku, by_gtin].into_iter().flatten() {
            if found.is_some_and(|found| found != owner) || found.is_none() {
                return Err(conflict(batch, row, &products[owner]));
            }
        }
        // Both codes are named, one finds the product and the other says something else.
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

/// Plans the rows: the products that they make or change, as they are to be written; counts every row.
pub(crate) fn plan(batch: &Batch, knowledge: Knowledge<'_>) -> Plan {
    let index = Index::new(batch, &knowledge.products);
    let mut planner = Planner {
        batch,
        plan: Plan { written: Vec::new(), outcome: batch.before.clone(), rows: Vec::new() },
        room: knowledge.room,
        source: source(batch.supplier),
        unique: HashMap::new(),
        adopted: BTreeMap::new(),
        knowledge: &knowledge,
        index: &index,
    };
    for rejected in &batch.rejected {
        let by_sku = rejected.sku.as_ref().and_then(|sku| index.sku.get(sku).copied());
        let found = by_sku.or_else(|| rejected.gtin14.as_ref().and_then(|gtin| index.gtin.get(gtin).copied()));
        planner.trace(rejected.number, rejected.action, found.map(|at| &knowledge.products[at]), None);
    }
    let found: Vec<_> = batch.rows.iter().map(|row| index.find(batch, &row.product, &knowledge.products)).collect();
    for row in &batch.rows {
        let notices = row.product.notices.iter().map(|notice| RowIssue { row: row.number, error: notice.clone() });
        planner.plan.outcome.issues.extend(notices);
    }
    // Of several rows for one product the last good one counts: so from the end.
    let mut done: Vec<Option<i32>> = vec![None; knowledge.products.len()];
    for (row, at) in batch.rows.iter().zip(&found).rev() {
        if let Ok(Some(at)) = at {
            planner.meet(row, *at, &mut done[*at]);
        }
    }
    planner.plan.written.reverse();
    for (row, at) in batch.rows.iter().zip(found) {
        match at {
            Err(error) => planner.reject(row, None, vec![error]),
            Ok(None) => planner.make(row),
            Ok(Some(_)) => {}
        }
    }
    planner.plan.outcome.issues.sort_by_key(|issue| issue.row);
    planner.plan.rows.sort_by_key(|row| row.row);
    let mut plan = planner.plan;
    // Parents whose axes the first variants told.
    let adopted = planner.adopted;
    for (at, axes) in adopted {
        let before = &knowledge.products[at];
        let known = plan.written.iter_mut().find(|one| one.after.id == before.id);
        match known {
            Some(one) => one.after.content.option_axes = axes,
            None => {
                let mut after = before.clone();
                after.content.option_axes = axes;
                plan.written.push(Written { before: Some(before.clone()), after, row: None, action: "updated" });
            }
        }
    }
    plan
}

struct Planner<'p> {
    batch: &'p Batch,
    knowledge: &'p Knowledge<'p>,
    index: &'p Index,
    plan: Plan,
    room: Option<i64>,
    source: String,
    /// Values of unique fields that rows of this batch take.
    unique: HashMap<(String, String), Uuid>,
    /// Parents that had no axes yet, by their place among the known products.
    adopted: BTreeMap<usize, Vec<String>>,
}

impl Planner<'_> {
    fn language(&self) -> Language {
        self.batch.language
    }

    fn trace(&mut self, row: i32, action: &'static str, before: Option<&Product>, after: Option<&Product>) {
        if !self.knowledge.trace {
            return;
        }
        let nothing = Content::default();
        let shown = after.or(before);
        let changes = after
            .map(|after| diff(before.map_or(&nothing, |before| &before.content), &after.content))
            .unwrap_or_default();
        let price_move = match (before.and_then(|one| one.content.price), after.and_then(|one| one.content.price)) {
            (Some(was), Some(is)) if was != is => moved_percent(was, is).map(|moved| moved.round_dp(2)),
            _ => None,
        };
        self.plan.rows.push(PlannedRow {
            row,
            action,
            found: before.map(|before| (before.id, before.version)),
            sku: shown.and_then(|one| one.content.sku.clone()),
            ean: shown.and_then(|one| one.content.ean.clone()),
            title: shown.map(|one| one.content.title.clone()),
            changes,
            price_move,
        });
    }

    fn reject(&mut self, row: &BatchRow, found: Option<&Product>, errors: Vec<RowError>) {
        self.plan.outcome.reject(row.number, errors);
        self.trace(row.number, "rejected", found, None);
    }

    fn skip(&mut self, row: &BatchRow, found: &Product) {
        self.plan.outcome.skipped += 1;
        self.trace(row.number, "skipped", Some(found), None);
    }

    fn supersede(&mut self, row: &BatchRow, by: i32, found: &Product) {
        let language = self.language();
        self.plan.outcome.supersede(row.number, by, language);
        self.trace(row.number, "skipped", Some(found), None);
    }

    /// A row that finds nothing makes a product.
    fn make(&mut self, row: &BatchRow) {
        let nothing = Product::new(Content::default(), self.knowledge.now);
        let open = SourcePolicy::default();
        let mut taking = Taking::new(&open, &nothing, "import");
        let mut content = Content::default();
        taking.take(&mut content, &row.product, self.batch.supplier);
        let parent = match self.parent(row, &mut content) {
            Ok(parent) => parent,
            Err(error) => return self.reject(row, None, vec![error]),
        };
        if content.title.is_empty() {
            match parent {
                // A variant without a name of its own is called as its parent is.
                Some(at) => content.title.clone_from(&self.knowledge.products[at].content.title),
                None => {
                    let message = self.language().choose(
                        "expected a title: there is no product with this code yet",
                        "un titre est attendu : aucun produit n'a encore ce code",
                    );
                    return self.reject(row, None, vec![RowError::row("required_field_missing", message)]);
                }
            }
        }
        let errors = self.finish(row, None, &mut content, nothing.id);
        if !errors.is_empty() {
            return self.reject(row, None, errors);
        }
        let mut after = Product { content, ..nothing };
        if after.counts() && !take_room(&mut self.room) {
            let error = quota_error(self.knowledge.setup.quota.unwrap_or_default(), self.language());
            return self.reject(row, None, vec![error]);
        }
        after.import = Some((self.batch.import, row.number));
        self.plan.outcome.created += 1;
        self.trace(row.number, "created", None, Some(&after));
        self.plan.written.push(Written { before: None, after, row: Some(row.number), action: "created" });
    }

    /// A row that finds a product changes it.
    fn meet(&mut self, row: &BatchRow, at: usize, done: &mut Option<i32>) {
        let knowledge = self.knowledge;
        let product = &knowledge.products[at];
        if product.trashed_at.is_some() {
            let message = self.language().choose(
                "the product is in the trash; restore it or delete it for good, then import the row again",
                "le produit est dans la corbeille ; restaurez-le ou supprimez-le, puis importez de nouveau la ligne",
            );
            self.plan.outcome.issues.push(RowIssue { row: row.number, error: RowError::row("in_trash", message) });
            return self.skip(row, product);
        }
        if self.batch.mode != ImportMode::Update {
            return self.skip(row, product);
        }
        if let Some((_, by)) = product.import.filter(|(import, by)| *import == self.batch.import && *by > row.number) {
            return self.supersede(row, by, product);
        }
        if let Some(by) = *done {
            return self.supersede(row, by, product);
        }
        let mut content = product.content.clone();
        let mut taking = Taking::new(&knowledge.setup.policy, product, &self.source);
        taking.take(&mut content, &row.product, self.batch.supplier);
        let kept = taking.kept;
        if let Err(error) = self.parent(row, &mut content) {
            return self.reject(row, Some(product), vec![error]);
        }
        let errors = self.finish(row, Some(product), &mut content, product.id);
        if !errors.is_empty() {
            return self.reject(row, Some(product), errors);
        }
        *done = Some(row.number);
        if !kept.is_empty() {
            let error = kept_error(&kept, self.language());
            self.plan.outcome.issues.push(RowIssue { row: row.number, error });
        }
        if content == product.content {
            self.plan.outcome.unchanged += 1;
            return self.trace(row.number, "unchanged", Some(product), None);
        }
        let after = Product { content, import: Some((self.batch.import, row.number)), ..product.clone() };
        // A row that brings an archived product back needs room for it.
        if after.counts() && !product.counts() && !take_room(&mut self.room) {
            let error = quota_error(knowledge.setup.quota.unwrap_or_default(), self.language());
            return self.reject(row, Some(product), vec![error]);
        }
        self.plan.outcome.updated += 1;
        self.trace(row.number, "updated", Some(product), Some(&after));
        self.plan.written.push(Written {
            before: Some(product.clone()),
            after,
            row: Some(row.number),
            action: "updated",
        });
    }

    /// Makes the row's product a variant of the parent that it names, or gives a parent its axes.
    fn parent(&mut self, row: &BatchRow, content: &mut Content) -> Result<Option<usize>, RowError> {
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
            None if !given.is_empty() => {
                let axes: Vec<String> = given.iter().map(|(axis, _)| axis.clone()).collect();
                self.adopted.insert(at, axes.clone());
                axes
            }
            None => Vec::new(),
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
        content.parent_id = Some(parent.id);
        content.options = options;
        Ok(Some(at))
    }

    /// Attributes, and everything that has to be true of the whole product.
    fn finish(&mut self, row: &BatchRow, before: Option<&Product>, content: &mut Content, id: Uuid) -> Vec<RowError> {
        let mut errors = self.attributes(row, before, content);
        if let Some(family) =
            row.product.family.as_ref().filter(|family| !self.knowledge.setup.families.contains_key(*family))
        {
            let message = match self.language() {
                Language::En => format!("there is no family \"{family}\"; make it first"),
                Language::Fr => format!("aucune famille « {family} » ; créez-la d'abord"),
            };
            errors.push(RowError::field(Field::Family, "family_unknown", message, family));
        }
        if row.product.category_id.is_some_and(|id| !self.knowledge.categories.contains(&id)) {
            let message = self.language().choose(
                "the category that stands for it was deleted; correct the table of categories",
                "la catégorie correspondante a été supprimée ; corrigez la table des catégories",
            );
            let value = row.product.category.as_deref().unwrap_or_default();
            errors.push(RowError::field(Field::Category, "category_unknown", message, value));
        }
        if errors.is_empty() && before.is_none_or(|before| before.content != *content) {
            errors.extend(content.check().into_iter().map(|wrong| RowError {
                field: Some(wrong.field),
                code: wrong.code,
                message: wrong.message,
                value: None,
            }));
        }
        if errors.is_empty() {
            errors.extend(self.rules(row, before, content, id));
        }
        errors
    }

    fn attributes(&mut self, row: &BatchRow, before: Option<&Product>, content: &mut Content) -> Vec<RowError> {
        let mut errors = Vec::new();
        for (code, text) in &row.product.attributes {
            let field = format!("attributes.{code}");
            if let Some(before) = before {
                let policy = &self.knowledge.setup.policy;
                if policy.check(&before.owners, &before.locked, &field, &self.source).is_err() {
                    continue;
                }
            }
            let Some(text) = text else {
                content.attributes.remove(code);
                continue;
            };
            let Some(attribute) = self.knowledge.attributes.get(code) else {
                let message = match self.language() {
                    Language::En => format!("there is no attribute \"{code}\"; make it, or let the import make it"),
                    Language::Fr => format!("aucun attribut « {code} » ; créez-le, ou laissez l'import le créer"),
                };
                errors.push(RowError::field(&field, "attribute_unknown", message, text));
                continue;
            };
            match attribute.from_text(text, self.batch.decimal_mark, self.knowledge.setup.locale()) {
                Ok(value) => {
                    content.attributes.insert(code.clone(), value);
                }
                Err(message) => errors.push(RowError::field(&field, "field_format_invalid", message, text)),
            }
        }
        if self.batch.reject_values && !errors.is_empty() {
            let left_out = |error: RowError| RowError { code: "value_left_out".to_owned(), ..error };
            let issues = errors.drain(..).map(|error| RowIssue { row: row.number, error: left_out(error) });
            self.plan.outcome.issues.extend(issues.collect::<Vec<_>>());
        }
        errors
    }

    fn rules(&mut self, row: &BatchRow, before: Option<&Product>, content: &Content, id: Uuid) -> Vec<RowError> {
        let language = self.language();
        let rules: &Rules = &self.batch.rules;
        let mut broken = rules.check(before.map(|before| &before.content), content, language);
        for rule in rules.unique_fields() {
            let value = match rule.field.as_str() {
                "title" => Some(content.title.clone()),
                "slug" => content.slug.clone(),
                "brand" => content.brand.clone(),
                _ => content.supplier_reference.clone(),
            };
            let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
            let key = (rule.field.clone(), value.clone());
            let other = self.knowledge.taken.get(&key).is_some_and(|ids| ids.iter().any(|other| *other != id));
            let here = self.unique.insert(key, id).is_some_and(|other| other != id);
            if other || here {
                let message = rule.message.clone().unwrap_or_else(|| match language {
                    Language::En => {
                        format!("your rule demands a {} of its own, another product has the same", rule.field)
                    }
                    Language::Fr => format!("votre règle demande un {} unique, un autre produit a le même", rule.field),
                });
                let code = if rule.severity == Severity::Error { "rule_broken" } else { "rule_warning" };
                broken.push((rule.severity, RowError::field(&rule.field, code, message, &value)));
            }
        }
        let mut errors = Vec::new();
        for (severity, error) in broken {
            match severity {
                Severity::Error => errors.push(error),
                Severity::Warning => self.plan.outcome.issues.push(RowIssue { row: row.number, error }),
            }
        }
        errors
    }
}

/// What a row may change of a product: a field that somebody locked, or that a stronger source owns, stays.
struct Taking<'t> {
    policy: &'t SourcePolicy,
    product: &'t Product,
    source: &'t str,
    /// The fields that stay, and why.
    kept: Vec<(String, Kept)>,
}

impl<'t> Taking<'t> {
    fn new(policy: &'t SourcePolicy, product: &'t Product, source: &'t str) -> Self {
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
    fn take(&mut self, content: &mut Content, row: &ProductRow, supplier: Option<Uuid>) {
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

/// The source that an import's rows are.
pub(crate) fn source(supplier: Option<Uuid>) -> String {
    supplier.map_or_else(|| "import".to_owned(), |supplier| format!("supplier:{supplier}"))
}

/// Takes one of the quota's last places, where there is a quota; gives whether there was one.
fn take_room(room: &mut Option<i64>) -> bool {
    match room {
        None => true,
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        Some(_) => false,
    }
}

fn conflict(batch: &Batch, row: &ProductRow, owner: &Product) -> RowError {
    let ean = row.ean.as_ref().map(product::Gtin::as_str).unwrap_or_default();
    let sku = row.sku.as_ref().map(product::Sku::as_str).unwrap_or_default();
    let (owner_sku, owner_ean) =
        (owner.content.sku.as_deref().unwrap_or("none"), owner.content.ean.as_deref().unwrap_or("none"));
    let message = match batch.language {
        Language::En => format!(
            "the row says SKU \"{sku}\" and EAN \"{ean}\", which are not both of one product: one has the SKU {owner_sku} and the EAN {owner_ean}; correct one of the two codes"
        ),
        Language::Fr => format!(
            "la ligne dit SKU « {sku} » et EAN « {ean} », qui ne sont pas ceux d'un même produit : l'un a le SKU {owner_sku} et l'EAN {owner_ean} ; corrigez l'un des deux codes"
        ),
    };
    RowError::field(Field::Ean, "identifier_conflict", message, if ean.is_empty() { sku } else { ean })
}

fn ambiguous(batch: &Batch, row: &ProductRow, count: usize) -> RowError {
    let reference = row.supplier_reference.as_deref().unwrap_or_default();
    let message = match batch.language {
        Language::En => {
            format!("{count} products of the supplier have the reference \"{reference}\"; name the EAN or the SKU too")
        }
        Language::Fr => {
            format!("{count} produits du fournisseur ont la référence « {reference} » ; indiquez aussi l'EAN ou le SKU")
        }
    };
    RowError::field(Field::SupplierReference, "match_ambiguous", message, reference)
}

fn quota_error(quota: i64, language: Language) -> RowError {
    let message = match language {
        Language::En => format!(
            "Quota exceeded: the plan has room for {quota} products; archive or delete some, or choose a larger plan"
        ),
        Language::Fr => format!(
            "Quota dépassé : l'abonnement a de la place pour {quota} produits ; archivez ou supprimez-en, ou changez d'abonnement"
        ),
    };
    RowError::row("quota_exceeded", message)
}

fn kept_error(kept: &[(String, Kept)], language: Language) -> RowError {
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
