//! What the rows of an import make of the catalogue: which products they find, what they change of them, and what is said
//! about each. A preview and a commit ask here; nobody else decides.

use std::collections::{BTreeMap, HashMap};

use product::{
    Content, Field, ImportMode, Language, MatchKey, Product, RowError, RowIssue, Rules, Severity, SourcePolicy, diff,
    moved_percent,
};
use uuid::Uuid;

use crate::batch::{Batch, BatchRow};
use crate::context::Context;
use crate::index::Index;
use crate::merge_row::{MergeRow, kept_error};
use crate::planned::{Plan, PlannedRow, PlannedWrite};

/// Plans the rows: the products that they make or change, as they are to be written; counts every row.
#[must_use]
pub fn plan(batch: &Batch, context: Context<'_>) -> Plan {
    let index = Index::new(batch, &context.products, &context.parents);
    let mut planner = Planner {
        batch,
        plan: Plan { written: Vec::new(), outcome: batch.before.clone(), rows: Vec::new(), unchanged: Vec::new() },
        room: context.room,
        source: source(batch.supplier),
        unique: HashMap::new(),
        adopted: BTreeMap::new(),
        variants: context.variants.clone(),
        context: &context,
        index: &index,
    };
    for rejected in &batch.rejected {
        let named = index.named(rejected.sku.as_deref(), rejected.gtin14.as_deref(), rejected.reference.as_deref());
        planner.trace_named(rejected.number, rejected.action, &named);
    }
    let found: Vec<_> = batch.rows.iter().map(|row| index.find(batch, &row.product, &context.products)).collect();
    for row in &batch.rows {
        let notices = row.product.notices.iter().map(|notice| RowIssue { row: row.number, error: notice.clone() });
        planner.plan.outcome.issues.extend(notices);
    }
    // Of several rows for one product the last good one counts: so from the end.
    let mut done: Vec<Option<i32>> = vec![None; context.products.len()];
    for (row, at) in batch.rows.iter().zip(&found).rev() {
        if let Ok(Some(at)) = at {
            planner.meet(row, *at, &mut done[*at]);
        }
    }
    planner.plan.written.reverse();
    for (row, at) in batch.rows.iter().zip(found) {
        match at {
            Err(error) => {
                planner.plan.outcome.reject(row.number, vec![error]);
                let gtin14 = row.product.ean.as_ref().map(product::Gtin::to_gtin14);
                let sku = row.product.sku.as_ref().map(product::Sku::as_str);
                let named = index.named(sku, gtin14.as_deref(), row.product.supplier_reference.as_deref());
                planner.trace_named(row.number, "rejected", &named);
            }
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
        let before = &context.products[at];
        let known = plan.written.iter_mut().find(|one| one.after.id == before.id);
        match known {
            Some(one) => one.after.content.option_axes = axes,
            None => {
                let mut after = before.clone();
                after.content.option_axes = axes;
                plan.written.push(PlannedWrite { before: Some(before.clone()), after, row: None, action: "updated" });
            }
        }
    }
    plan
}

pub(crate) struct Planner<'p> {
    pub(crate) batch: &'p Batch,
    pub(crate) context: &'p Context<'p>,
    pub(crate) index: &'p Index,
    plan: Plan,
    room: Option<i64>,
    source: String,
    /// Values of unique fields that rows of this batch take.
    unique: HashMap<(String, String), Uuid>,
    /// Parents that had no axes yet, by their place among the known products.
    pub(crate) adopted: BTreeMap<usize, Vec<String>>,
    /// See [`Context::variants`]; with those that rows of this batch make.
    pub(crate) variants: HashMap<(Uuid, BTreeMap<String, String>), Uuid>,
}

impl Planner<'_> {
    fn language(&self) -> Language {
        self.batch.language
    }

    fn trace(&mut self, row: i32, action: &'static str, before: Option<&Product>, after: Option<&Product>) {
        if !self.context.trace {
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
            also: Vec::new(),
            sku: shown.and_then(|one| one.content.sku.clone()),
            ean: shown.and_then(|one| one.content.ean.clone()),
            title: shown.map(|one| one.content.title.clone()),
            changes,
            price_move,
        });
    }

    /// Traces a row that is left out, and all products that it names.
    fn trace_named(&mut self, row: i32, action: &'static str, named: &[usize]) {
        let context = self.context;
        self.trace(row, action, named.first().map(|at| &context.products[*at]), None);
        if let (Some(traced), Some(others)) = (self.plan.rows.last_mut().filter(|_| context.trace), named.get(1..)) {
            traced.also = others.iter().map(|at| context.products[*at].id).collect();
        }
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
        let nothing = Product::new(Content::default(), self.context.now);
        let open = SourcePolicy::default();
        let mut merged = MergeRow::new(&open, &nothing, "import");
        let mut content = Content::default();
        merged.take(&mut content, &row.product, self.batch.supplier);
        let parent = match self.parent(row, &mut content, nothing.id) {
            Ok(parent) => parent,
            Err(error) => return self.reject(row, None, vec![error]),
        };
        if content.title.is_empty() {
            match &parent {
                // A variant without a name of its own is called as its parent is.
                Some(parent) => content.title.clone_from(&self.context.products[parent.at].content.title),
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
            let error = quota_error(self.context.quota.unwrap_or_default(), self.language());
            return self.reject(row, None, vec![error]);
        }
        after.import = Some((self.batch.import, row.number));
        self.adopt(parent, &after);
        self.plan.outcome.created += 1;
        self.trace(row.number, "created", None, Some(&after));
        self.plan.written.push(PlannedWrite { before: None, after, row: Some(row.number), action: "created" });
    }

    /// Whether another row of the file may name the product by a code that it has and this row does not.
    fn may_be_named_otherwise(&self, row: &BatchRow, product: &Product) -> bool {
        let (row, content) = (&row.product, &product.content);
        self.batch.named_by.iter().any(|key| match key {
            MatchKey::Sku => row.sku.is_none() && content.sku.is_some(),
            MatchKey::Ean => row.ean.is_none() && content.ean.is_some(),
            // Of rows that repeat a reference nothing was taken back when the file was read.
            MatchKey::SupplierReference => content.supplier_reference.is_some(),
        })
    }

    /// A row that finds a product changes it.
    fn meet(&mut self, row: &BatchRow, at: usize, done: &mut Option<i32>) {
        let context = self.context;
        let product = &context.products[at];
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
        let written = product.import.filter(|(import, _)| *import == self.batch.import).map(|(_, by)| by);
        let later = written.max(context.unchanged.get(&product.id).copied()).filter(|by| *by > row.number);
        if let Some(by) = later {
            return self.supersede(row, by, product);
        }
        if let Some(by) = *done {
            return self.supersede(row, by, product);
        }
        let mut content = product.content.clone();
        let mut merged = MergeRow::new(context.policy, product, &self.source);
        merged.take(&mut content, &self.news(&row.product, &product.content), self.batch.supplier);
        let kept = merged.kept;
        let parent = match self.parent(row, &mut content, product.id) {
            Ok(parent) => parent,
            Err(error) => return self.reject(row, Some(product), vec![error]),
        };
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
            if self.may_be_named_otherwise(row, product) {
                self.plan.unchanged.push((product.id, row.number));
            }
            return self.trace(row.number, "unchanged", Some(product), None);
        }
        let after = Product { content, import: Some((self.batch.import, row.number)), ..product.clone() };
        // A row that brings an archived product back needs room for it.
        if after.counts() && !product.counts() && !take_room(&mut self.room) {
            let error = quota_error(context.quota.unwrap_or_default(), self.language());
            return self.reject(row, Some(product), vec![error]);
        }
        self.adopt(parent, &after);
        self.plan.outcome.updated += 1;
        self.trace(row.number, "updated", Some(product), Some(&after));
        self.plan.written.push(PlannedWrite {
            before: Some(product.clone()),
            after,
            row: Some(row.number),
            action: "updated",
        });
    }

    /// Attributes, and everything that has to be true of the whole product.
    fn finish(&mut self, row: &BatchRow, before: Option<&Product>, content: &mut Content, id: Uuid) -> Vec<RowError> {
        let mut errors = self.attributes(row, before, content);
        if let Some(family) =
            row.product.family.as_ref().filter(|family| !self.context.families.contains(family.as_str()))
        {
            let message = match self.language() {
                Language::En => format!("there is no family \"{family}\"; make it first"),
                Language::Fr => format!("aucune famille « {family} » ; créez-la d'abord"),
            };
            errors.push(RowError::field(Field::Family, "family_unknown", message, family));
        }
        if row.product.category_id.is_some_and(|id| !self.context.categories.contains(&id)) {
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
                let policy = self.context.policy;
                if policy.check(&before.owners, &before.locked, &field, &self.source).is_err() {
                    continue;
                }
            }
            let Some(text) = text else {
                content.attributes.remove(code);
                continue;
            };
            let Some(attribute) = self.context.attributes.get(code) else {
                if self.batch.optional_attributes.contains(code) {
                    continue;
                }
                let message = match self.language() {
                    Language::En => format!("there is no attribute \"{code}\"; make it, or let the import make it"),
                    Language::Fr => format!("aucun attribut « {code} » ; créez-le, ou laissez l'import le créer"),
                };
                errors.push(RowError::field(&field, "attribute_unknown", message, text));
                continue;
            };
            match attribute.from_text(text, self.batch.decimal_mark, self.context.locale) {
                Ok(value) => {
                    content.attributes.insert(code.clone(), value);
                }
                Err(message) if self.batch.optional_attributes.contains(code) => {
                    let error = RowError::field(&field, "value_left_out", message, text);
                    self.plan.outcome.issues.push(RowIssue { row: row.number, error });
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
        let mut values = Vec::new();
        for rule in rules.unique_fields() {
            let value = match rule.field.as_str() {
                "title" => Some(content.title.clone()),
                "slug" => content.slug.clone(),
                "brand" => content.brand.clone(),
                _ => content.supplier_reference.clone(),
            };
            let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
            let key = (rule.field.clone(), value.clone());
            let other = self.context.taken.get(&key).is_some_and(|ids| ids.iter().any(|other| *other != id));
            let here = self.unique.get(&key).is_some_and(|other| *other != id);
            values.push(key);
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
        // A row that is rejected takes no value.
        if errors.is_empty() {
            self.unique.extend(values.into_iter().map(|value| (value, id)));
        }
        errors
    }
}

/// The source that an import's rows are.
#[must_use]
pub fn source(supplier: Option<Uuid>) -> String {
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
