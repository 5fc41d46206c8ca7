//! One step of a job.

use std::collections::BTreeSet;

use db_tenancy::{TenantTx, error};
use planning::PlannedWrite;
use product::{Product, diff};
use runtime::{Result, TenantId};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::describe::completeness::reassess;
use crate::jobs::bulk_edit::edited;
use crate::jobs::job::{JobProblem, Spec, problem, quota_problem};
use crate::jobs::selection::Selection;
use crate::products::edits::{delete, moved, parent_in_trash};
use crate::products::origin::{Origin, WriteError};
use crate::products::read::by_ids;
use crate::products::setup::Setup;
use crate::products::write::write;

/// The most products in one transaction.
pub(crate) const STEP: i64 = 500;

/// The most problems that a job stores.
pub(crate) const MOST_PROBLEMS: usize = 100;

pub(crate) struct JobRow {
    pub(crate) kind: String,
    pub(crate) spec: Json<Spec>,
    pub(crate) done_to: Uuid,
    pub(crate) up_to: Uuid,
    pub(crate) undoes: Option<Uuid>,
    pub(crate) problems: Json<Vec<JobProblem>>,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) actor_name: String,
}

/// The result of one step.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) last: Option<Uuid>,
    pub(crate) done: i64,
    pub(crate) changed: i64,
    pub(crate) kept: i64,
    pub(crate) problems: Vec<JobProblem>,
    /// Fields that were left as they are on purpose: reported, but not counted as failed.
    pub(crate) notes: Vec<JobProblem>,
}

pub(crate) struct StepContext<'s> {
    pub(crate) tenant: TenantId,
    pub(crate) setup: &'s Setup,
    pub(crate) origin: &'s Origin,
    pub(crate) row: &'s JobRow,
    pub(crate) now: OffsetDateTime,
}

impl StepContext<'_> {
    pub(crate) async fn write(&self, tx: &mut TenantTx, written: Vec<PlannedWrite>) -> Result<()> {
        match write(tx, self.tenant, self.setup, self.origin, written, self.now).await {
            Ok(_) => Ok(()),
            Err(WriteError::Quota) => Err(crate::errors::quota_exceeded(self.setup.quota.unwrap_or_default())),
            Err(WriteError::Sql(failed)) => Err(error(failed)),
        }
    }

    /// Processes the next products of the selection: edits, trash, restore or purge. A parent that is moved or purged
    /// takes its variants along.
    pub(crate) async fn selected(&self, tx: &mut TenantTx) -> Result<Step> {
        let selection = self.row.spec.selection.clone().unwrap_or(Selection { ids: None, query: None });
        let ids = selection.between(tx, self.tenant, (self.row.done_to, self.row.up_to), STEP).await?;
        let mut step =
            Step { last: ids.last().copied(), done: i64::try_from(ids.len()).unwrap_or_default(), ..Step::default() };
        let wanted = if self.row.kind == "edit" { ids } else { self.with_variants(tx, ids).await? };
        let products = by_ids(tx, self.tenant, &wanted, true).await.map_err(error)?;
        let mut room = Room(self.setup.quota.map(|quota| quota - self.setup.products));
        let mut written = Vec::new();
        match self.row.kind.as_str() {
            "purge" => {
                let purged = purgeable(products, &mut step.problems);
                step.changed = i64::try_from(purged.len()).unwrap_or_default();
                delete(tx, self.tenant, &purged).await.map_err(error)?;
            }
            "trash" | "restore" => {
                let trashed = self.row.kind == "trash";
                for product in products.into_iter().filter(|product| product.trashed_at.is_some() != trashed) {
                    let alone = !trashed && !product.content.parent_id.is_some_and(|parent| wanted.contains(&parent));
                    if alone && parent_in_trash(tx, self.tenant, &product).await? {
                        step.problems.push(problem(
                            product.id,
                            "",
                            "parent_in_trash",
                            messages::catalog::parent_in_trash(),
                        ));
                        continue;
                    }
                    let planned = moved(product, trashed, self.now);
                    match room.take(&planned) {
                        true => written.push(planned),
                        false => step.problems.push(quota_problem(planned.after.id)),
                    }
                }
            }
            _ => {
                for product in products {
                    let content = match edited(tx, self.tenant, &product, &self.row.spec.edits).await? {
                        Ok(content) => content,
                        Err(problems) => {
                            step.problems.extend(problems);
                            continue;
                        }
                    };
                    let kept = self.kept(&product, &content);
                    if !kept.is_empty() {
                        step.problems.extend(kept);
                    } else if content != product.content {
                        let after = Product { content, ..product.clone() };
                        let planned = PlannedWrite { before: Some(product), after, row: None, action: "updated" };
                        match room.take(&planned) {
                            true => written.push(planned),
                            false => step.problems.push(quota_problem(planned.after.id)),
                        }
                    }
                }
            }
        }
        step.changed += i64::try_from(written.len()).unwrap_or_default();
        self.write(tx, written).await?;
        Ok(step)
    }

    /// Returns `ids` and the ids of their variants, sorted.
    async fn with_variants(&self, tx: &mut TenantTx, mut ids: Vec<Uuid>) -> Result<Vec<Uuid>> {
        let variants = sqlx::query_scalar!(
            "select product_id from products where tenant_id = $1 and parent_id = any($2)",
            self.tenant.0,
            &ids
        );
        ids.extend(variants.fetch_all(&mut **tx).await.map_err(error)?);
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Returns one problem for each changed field that this source may not change.
    fn kept(&self, product: &Product, content: &product::Content) -> Vec<JobProblem> {
        let check = |field: &str| self.setup.policy.check(&product.owners, &product.locked, field, &self.origin.source);
        let changed = diff(&product.content, content);
        let kept = changed.keys().filter(|field| check(field).is_err());
        kept.map(|field| problem(product.id, field, "field_kept", messages::catalog::locked_or_owned())).collect()
    }

    /// Computes the completeness of the next products, and sets the catalogue's language on them.
    pub(crate) async fn assess(&self, tx: &mut TenantTx) -> Result<Step> {
        let ids = sqlx::query_scalar!(
            "select product_id from products where tenant_id = $1 and product_id > $2 order by product_id limit $3",
            self.tenant.0,
            self.row.done_to,
            STEP
        );
        let ids = ids.fetch_all(&mut **tx).await.map_err(error)?;
        let mut step =
            Step { last: ids.last().copied(), done: i64::try_from(ids.len()).unwrap_or_default(), ..Step::default() };
        step.changed = i64::try_from(reassess(tx, self.tenant, self.setup, &ids).await?).unwrap_or_default();
        Ok(step)
    }
}

/// How many more products the quota allows; `None` = any number.
pub(crate) struct Room(pub(crate) Option<i64>);

impl Room {
    /// Reserves or releases a product's place in the quota, as the write requires. Returns `false` if no place is left.
    pub(crate) fn take(&mut self, planned: &PlannedWrite) -> bool {
        let Some(left) = &mut self.0 else { return true };
        let growth =
            i64::from(planned.after.counts()) - i64::from(planned.before.as_ref().is_some_and(Product::counts));
        if growth > 0 && *left < growth {
            return false;
        }
        *left -= growth;
        true
    }
}

/// Returns the products in the trash that can be deleted. A parent is deleted only together with all its variants.
pub(crate) fn purgeable(products: Vec<Product>, problems: &mut Vec<JobProblem>) -> Vec<Uuid> {
    let live: BTreeSet<Uuid> = products
        .iter()
        .filter(|product| product.trashed_at.is_none())
        .filter_map(|product| product.content.parent_id)
        .collect();
    let mut purged = Vec::new();
    for product in products.into_iter().filter(|product| product.trashed_at.is_some()) {
        if live.contains(&product.id) {
            let message = messages::catalog::variants_not_in_trash();
            problems.push(problem(product.id, "", "has_variants", message));
        } else {
            purged.push(product.id);
        }
    }
    purged
}
