//! Plans the rows of an import: which products they find, what they change, and the messages about each row. A preview
//! and a commit both use this plan; nothing else decides.

use std::collections::{BTreeMap, HashMap};

use messages::{Language, planning as say};
use product::{
    Content, Field, ImportMode, MatchKey, Product, RowError, RowIssue, Rules, Severity, SourcePolicy, diff,
    moved_percent,
};
use uuid::Uuid;

use crate::batch::{Batch, BatchRow};
use crate::context::Context;
use crate::index::Index;
use crate::merge_row::{MergeRow, kept_error};
use crate::planned::{Plan, PlannedRow, PlannedWrite};

/// Plans the rows of a batch. Returns the products to write, created or changed, and counts every row.
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
        let products =
            index.find_all(rejected.sku.as_deref(), rejected.gtin14.as_deref(), rejected.reference.as_deref());
        planner.trace_left_out(rejected.number, rejected.action, &products);
    }
    let found: Vec<_> = batch.rows.iter().map(|row| index.find(batch, &row.product, &context.products)).collect();
    for row in &batch.rows {
        let notices = row.product.notices.iter().map(|notice| RowIssue { row: row.number, error: notice.clone() });
        planner.plan.outcome.issues.extend(notices);
    }
    // If several rows are about one product, the last good row counts. So the rows are planned from the end.
    let mut done: Vec<Option<i32>> = vec![None; context.products.len()];
    for (row, at) in batch.rows.iter().zip(&found).rev() {
        if let Ok(Some(at)) = at {
            planner.update(row, *at, &mut done[*at]);
        }
    }
    planner.plan.written.reverse();
    for (row, at) in batch.rows.iter().zip(found) {
        match at {
            Err(error) => {
                planner.plan.outcome.reject(row.number, vec![error]);
                let gtin14 = row.product.ean.as_ref().map(product::Gtin::to_gtin14);
                let sku = row.product.sku.as_ref().map(product::Sku::as_str);
                let products = index.find_all(sku, gtin14.as_deref(), row.product.supplier_reference.as_deref());
                planner.trace_left_out(row.number, "rejected", &products);
            }
            Ok(None) => {
                planner.create(row, None);
            }
            Ok(Some(_)) => {}
        }
    }
    planner.plan.outcome.issues.sort_by_key(|issue| issue.row);
    planner.plan.rows.sort_by_key(|row| row.row);
    let mut plan = planner.plan;
    // Parents without axes get those of their first variants.
    let adopted = planner.adopted;
    for (at, axes) in adopted {
        let before = &context.products[at];
        let known = plan.written.iter_mut().find(|write| write.after.id == before.id);
        match known {
            Some(write) => write.after.content.option_axes = axes,
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
    /// The products that get a value of a unique field in this batch, by field and value.
    unique: HashMap<(String, String), Uuid>,
    /// The new axes of parents that had none, by the index of the parent in the known products.
    pub(crate) adopted: BTreeMap<usize, Vec<String>>,
    /// See [`Context::variants`]; also contains the variants of this batch.
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
        // A product that leaves the trash of an undone import is as new: nothing of it is compared.
        let was = before.filter(|_| action != "created");
        let changes =
            after.map(|after| diff(was.map_or(&nothing, |before| &before.content), &after.content)).unwrap_or_default();
        let price_move =
            match (was.and_then(|product| product.content.price), after.and_then(|product| product.content.price)) {
                (Some(was), Some(is)) if was != is => moved_percent(was, is).map(|moved| moved.round_dp(2)),
                _ => None,
            };
        self.plan.rows.push(PlannedRow {
            row,
            action,
            found: before.map(|before| (before.id, before.version)),
            also: Vec::new(),
            sku: shown.and_then(|product| product.content.sku.clone()),
            ean: shown.and_then(|product| product.content.ean.clone()),
            title: shown.map(|product| product.content.title.clone()),
            changes,
            price_move,
        });
    }

    /// Records the result of a row that is left out, with all products that have one of its codes.
    fn trace_left_out(&mut self, row: i32, action: &'static str, products: &[usize]) {
        let context = self.context;
        self.trace(row, action, products.first().map(|at| &context.products[*at]), None);
        if let (Some(traced), Some(others)) = (self.plan.rows.last_mut().filter(|_| context.trace), products.get(1..)) {
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

    /// Plans a row without a product: creates the product. `undone` is the product that an undone import created for such
    /// a row before: it leaves the trash with the content of this row alone. Returns `true` if the
    /// product is created.
    fn create(&mut self, row: &BatchRow, undone: Option<&Product>) -> bool {
        let mut nothing = Product::new(Content::default(), self.context.now);
        if let Some(undone) = undone {
            nothing = Product {
                id: undone.id,
                version: undone.version,
                media: undone.media,
                created_at: undone.created_at,
                ..nothing
            };
        }
        let open = SourcePolicy::default();
        let mut merge = MergeRow::new(&open, &nothing, "import");
        let mut content = Content::default();
        merge.merge(&mut content, &row.product, self.batch.supplier);
        let parent = match self.parent(row, &mut content, nothing.id) {
            Ok(parent) => parent,
            Err(error) => {
                self.reject(row, None, vec![error]);
                return false;
            }
        };
        if content.title.is_empty() {
            match &parent {
                // A variant without a title gets the title of its parent.
                Some(parent) => content.title.clone_from(&self.context.products[parent.at].content.title),
                None => {
                    let message = say::title_required().into_string(self.language());
                    self.reject(row, None, vec![RowError::row("required_field_missing", message)]);
                    return false;
                }
            }
        }
        let errors = self.finish(row, None, &mut content, nothing.id);
        if !errors.is_empty() {
            self.reject(row, None, errors);
            return false;
        }
        let mut after = Product { content, ..nothing };
        if after.counts() && !take_room(&mut self.room) {
            let error = quota_error(self.context.quota.unwrap_or_default(), self.language());
            self.reject(row, None, vec![error]);
            return false;
        }
        after.import = Some((self.batch.import, row.number));
        if undone.is_some() {
            // As of a new product, all its values come from this source.
            let fields = product::fields(&after.content);
            after.owners.give(fields.keys().map(String::as_str), &self.source);
        }
        self.adopt(parent, &after);
        self.plan.outcome.created += 1;
        self.trace(row.number, "created", undone, Some(&after));
        self.plan.written.push(PlannedWrite {
            before: undone.cloned(),
            after,
            row: Some(row.number),
            action: if undone.is_some() { "restored" } else { "created" },
        });
        true
    }

    /// Returns `true` if another row of the file may name the product by a code that this row does not have.
    fn may_be_named_otherwise(&self, row: &BatchRow, product: &Product) -> bool {
        let (row, content) = (&row.product, &product.content);
        self.batch.named_by.iter().any(|key| match key {
            MatchKey::Sku => row.sku.is_none() && content.sku.is_some(),
            MatchKey::Ean => row.ean.is_none() && content.ean.is_some(),
            // Rows with the same reference are not skipped when the file is read.
            MatchKey::SupplierReference => content.supplier_reference.is_some(),
        })
    }

    /// Plans a row with a product: changes the product.
    fn update(&mut self, row: &BatchRow, at: usize, done: &mut Option<i32>) {
        let context = self.context;
        let product = &context.products[at];
        if context.undone.contains(&product.id) {
            if let Some(by) = *done {
                return self.supersede(row, by, product);
            }
            if self.create(row, Some(product)) {
                *done = Some(row.number);
            }
            return;
        }
        if product.trashed_at.is_some() {
            let message = say::in_trash().into_string(self.language());
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
        let mut merge = MergeRow::new(context.policy, product, &self.source);
        merge.merge(&mut content, &self.new_values(&row.product, &product.content), self.batch.supplier);
        let kept = merge.kept;
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
        // A row that makes an archived product active again needs room in the quota.
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

    /// Merges the attributes, then checks the whole product.
    fn finish(&mut self, row: &BatchRow, before: Option<&Product>, content: &mut Content, id: Uuid) -> Vec<RowError> {
        let mut errors = self.attributes(row, before, content);
        if let Some(family) =
            row.product.family.as_ref().filter(|family| !self.context.families.contains(family.as_str()))
        {
            let message = say::family_unknown(family).into_string(self.language());
            errors.push(RowError::field(Field::Family, "family_unknown", message, family));
        }
        if row.product.category_id.is_some_and(|id| !self.context.categories.contains(&id)) {
            let message = say::category_deleted().into_string(self.language());
            let value = row.product.category.as_deref().unwrap_or_default();
            errors.push(RowError::field(Field::Category, "category_unknown", message, value));
        }
        if errors.is_empty() && before.is_none_or(|before| before.content != *content) {
            let language = self.language();
            errors.extend(content.check().into_iter().map(|wrong| RowError {
                field: Some(wrong.field),
                code: wrong.code,
                message: wrong.message.into_string(language),
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
                let message = say::attribute_unknown(code).into_string(self.language());
                errors.push(RowError::field(&field, "attribute_unknown", message, text));
                continue;
            };
            match attribute.from_text(text, self.batch.decimal_mark, self.context.locale) {
                Ok(value) => {
                    content.attributes.insert(code.clone(), value);
                }
                Err(message) if self.batch.optional_attributes.contains(code) => {
                    let message = message.into_string(self.language());
                    let error = RowError::field(&field, "value_left_out", message, text);
                    self.plan.outcome.issues.push(RowIssue { row: row.number, error });
                }
                Err(message) => {
                    let message = message.into_string(self.language());
                    errors.push(RowError::field(&field, "field_format_invalid", message, text));
                }
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
                let message =
                    rule.message.clone().unwrap_or_else(|| say::rule_unique(&rule.field).into_string(language));
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
        // The values of a rejected row stay free for other rows.
        if errors.is_empty() {
            self.unique.extend(values.into_iter().map(|value| (value, id)));
        }
        errors
    }
}

/// Returns the source of an import's rows: its supplier, or `import`.
#[must_use]
pub fn source(supplier: Option<Uuid>) -> String {
    supplier.map_or_else(|| "import".to_owned(), |supplier| format!("supplier:{supplier}"))
}

/// Takes one place of the quota. Returns `false` if no place is left.
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
    RowError::row("quota_exceeded", say::quota_exceeded(quota).into_string(language))
}
