//! A step of a job: one transaction that does some products and moves the job's place on, so that a step that is repeated
//! does nothing twice.

use std::collections::BTreeSet;

use db_tenancy::{TenantTx, begin, error};
use product::{Edit, diff};
use runtime::{Error, Result, TenantId};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CatalogDb;
use crate::catalogs::{Setup, setup};
use crate::completeness::reassess;
use crate::edits::{PARENT_IN_TRASH, check, delete, moved, parent_in_trash};
use crate::jobs::{JobProblem, Spec};
use crate::products::{Product, by_ids};
use crate::selection::Selection;
use crate::write::{Origin, WriteError, Written, write};

/// Products done in one transaction.
pub(crate) const STEP: i64 = 500;
/// Problems that are kept.
const MOST_PROBLEMS: usize = 100;

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

/// What came of one step.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) last: Option<Uuid>,
    pub(crate) done: i64,
    pub(crate) changed: i64,
    pub(crate) kept: i64,
    pub(crate) problems: Vec<JobProblem>,
    /// What stays on purpose: told, but not counted as failed.
    pub(crate) notes: Vec<JobProblem>,
}

impl CatalogDb {
    /// Does the next products of a job; gives whether there are more. A step that another process is at is left to it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn job_step(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let row = sqlx::query_as!(
            JobRow,
            r#"select kind, spec as "spec: Json<Spec>", done_to, up_to, undoes, problems as "problems: Json<Vec<JobProblem>>",
                      actor_kind, actor_id, actor_name
               from catalog_jobs where tenant_id = $1 and job_id = $2 and status = 'running' for update skip locked"#,
            tenant.0,
            id
        );
        let Some(row) = row.fetch_optional(&mut *tx).await.map_err(error)? else { return Ok(false) };
        let source = match (row.actor_kind.as_str(), row.actor_id) {
            ("key", Some(key)) => format!("key:{key}"),
            _ => "user".to_owned(),
        };
        let origin =
            Origin { source, actor_id: row.actor_id, actor_name: Some(row.actor_name.clone()), job_id: Some(id) };
        let setup = setup(&mut tx, tenant).await.map_err(error)?;
        let step = Stepping { tenant, setup: &setup, origin: &origin, row: &row, now };
        let done = match row.kind.as_str() {
            "undo" => step.undo(&mut tx).await?,
            "assess" => step.assess(&mut tx).await?,
            _ => step.selected(&mut tx).await?,
        };
        let more = done.last.is_some();
        let mut problems = row.problems.0;
        let failed =
            i64::try_from(done.problems.iter().map(|problem| problem.product_id).collect::<BTreeSet<_>>().len())
                .unwrap_or_default();
        problems.extend(done.problems);
        problems.extend(done.notes);
        problems.truncate(MOST_PROBLEMS);
        sqlx::query!(
            "update catalog_jobs set done_to = coalesce($3, done_to), done = done + $4, changed = changed + $5, kept = kept + $6,
                    failed = failed + $7, problems = $8, updated_at = $9::timestamptz, resumes = 0,
                    status = case when $3::uuid is null then 'completed' else status end,
                    finished_at = case when $3::uuid is null then $9::timestamptz end
             where tenant_id = $1 and job_id = $2",
            tenant.0,
            id,
            done.last,
            done.done,
            done.changed,
            done.kept,
            failed,
            Json(&problems) as _,
            now
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(more)
    }
}

/// The content of a product after edits, checked; or what is wrong.
pub(crate) async fn edited(
    tx: &mut TenantTx,
    tenant: TenantId,
    product: &Product,
    edits: &[Edit],
) -> Result<std::result::Result<product::Content, Vec<JobProblem>>> {
    let problem = |field: &str, code: &str, message: &str| problem(product.id, field, code, message);
    // A merge of suppliers reaches the trash too: what comes out of it has the one that stays.
    let merge = edits.iter().all(|edit| edit.field == "supplier_id");
    if product.trashed_at.is_some() && !merge {
        return Ok(Err(vec![problem("", "in_trash", "the product is in the trash")]));
    }
    let mut content = product.content.clone();
    for edit in edits {
        match edit.apply(&content) {
            Ok(changed) => content = changed,
            Err(wrong) => return Ok(Err(vec![problem(&wrong.field, &wrong.code, &wrong.message)])),
        }
    }
    match check(tx, tenant, &mut content, Some(product)).await {
        Ok(()) => Ok(Ok(content)),
        Err(Error::Invalid(errors)) => {
            Ok(Err(errors.iter().map(|error| problem(&error.field, &error.code, &error.message)).collect()))
        }
        Err(other) => Err(other),
    }
}

pub(crate) struct Stepping<'s> {
    pub(crate) tenant: TenantId,
    pub(crate) setup: &'s Setup,
    pub(crate) origin: &'s Origin,
    pub(crate) row: &'s JobRow,
    pub(crate) now: OffsetDateTime,
}

impl Stepping<'_> {
    pub(crate) async fn write(&self, tx: &mut TenantTx, written: Vec<Written>) -> Result<()> {
        match write(tx, self.tenant, self.setup, self.origin, written, self.now).await {
            Ok(_) => Ok(()),
            Err(WriteError::Quota) => Err(crate::edits::quota_exceeded(self.setup.quota.unwrap_or_default())),
            Err(WriteError::Sql(failed)) => Err(error(failed)),
        }
    }

    /// Edits, trash, restore, purge: the next products of the selection. What is moved takes its variants along.
    async fn selected(&self, tx: &mut TenantTx) -> Result<Step> {
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
                        step.problems.push(problem(product.id, "", "parent_in_trash", PARENT_IN_TRASH));
                        continue;
                    }
                    let one = moved(product, trashed, self.now);
                    match room.take(&one) {
                        true => written.push(one),
                        false => step.problems.push(quota_problem(one.after.id)),
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
                        let one = Written { before: Some(product), after, row: None, action: "updated" };
                        match room.take(&one) {
                            true => written.push(one),
                            false => step.problems.push(quota_problem(one.after.id)),
                        }
                    }
                }
            }
        }
        step.changed += i64::try_from(written.len()).unwrap_or_default();
        self.write(tx, written).await?;
        Ok(step)
    }

    /// Products and the variants of those that are parents.
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

    /// The fields that this source may not change.
    fn kept(&self, product: &Product, content: &product::Content) -> Vec<JobProblem> {
        let check = |field: &str| self.setup.policy.check(&product.owners, &product.locked, field, &self.origin.source);
        let changed = diff(&product.content, content);
        let kept = changed.keys().filter(|field| check(field).is_err());
        kept.map(|field| problem(product.id, field, "field_kept", "locked, or owned by a stronger source")).collect()
    }

    /// Assesses the next products, and gives them the catalogue's language.
    async fn assess(&self, tx: &mut TenantTx) -> Result<Step> {
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

/// The places that the quota has left.
pub(crate) struct Room(pub(crate) Option<i64>);

impl Room {
    /// Takes or gives back the place of a product that is to be written; false when there is none.
    pub(crate) fn take(&mut self, one: &Written) -> bool {
        let Some(left) = &mut self.0 else { return true };
        let growth = i64::from(one.after.counts()) - i64::from(one.before.as_ref().is_some_and(Product::counts));
        if growth > 0 && *left < growth {
            return false;
        }
        *left -= growth;
        true
    }
}

/// Those of the trash that can be deleted: a parent only with all its variants.
fn purgeable(products: Vec<Product>, problems: &mut Vec<JobProblem>) -> Vec<Uuid> {
    let live: BTreeSet<Uuid> =
        products.iter().filter(|one| one.trashed_at.is_none()).filter_map(|one| one.content.parent_id).collect();
    let mut purged = Vec::new();
    for product in products.into_iter().filter(|product| product.trashed_at.is_some()) {
        if live.contains(&product.id) {
            let message = "it has variants that are not in the trash; move them there first";
            problems.push(problem(product.id, "", "has_variants", message));
        } else {
            purged.push(product.id);
        }
    }
    purged
}

pub(crate) fn problem(product: Uuid, field: &str, code: &str, message: &str) -> JobProblem {
    JobProblem { product_id: product, field: field.to_owned(), code: code.to_owned(), message: message.to_owned() }
}

pub(crate) fn quota_problem(product: Uuid) -> JobProblem {
    problem(product, "", "quota_exceeded", "Quota exceeded: the plan has no room for more products")
}
