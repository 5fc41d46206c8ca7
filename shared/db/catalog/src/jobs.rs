//! Work on many products: edits, trash, undo, completeness. A job is a row; each step of it is one transaction that does
//! some products and moves the row's place on, so a step that is repeated does nothing twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use product::{Edit, FieldChange, diff, fields, with_field};
use runtime::{Cursor, Error, Page, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::catalogs::{Setup, setup};
use crate::edits::{PARENT_IN_TRASH, check, delete, moved, parent_in_trash};
use crate::history::{Entry, entries_since, sources_before};
use crate::products::{Product, by_ids};
use crate::search::{ProductQuery, count_all, ids_between};
use crate::write::{Origin, Scopes, WriteError, Written, write};

/// Which products a job works on: these, or those that a query wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Their ids, at most 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<Uuid>>,
    /// What they have in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<ProductQuery>,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Edits products.
    Edit(Selection, Vec<Edit>),
    /// Moves products into the trash.
    Trash(Selection),
    /// Takes products out of the trash.
    Restore(Selection),
    /// Deletes products of the trash for good.
    Purge(Selection),
    /// Puts back what another job did.
    Undo(Uuid),
    /// Assesses every product's completeness anew.
    Assess,
}

/// A job on many products.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CatalogJob {
    /// The job.
    pub id: Uuid,
    /// `edit`, `trash`, `restore`, `purge`, `undo` or `assess`.
    pub kind: String,
    /// `running`, `completed`, `failed` or `cancelled`.
    pub status: String,
    /// How many products it works on.
    pub total: i64,
    /// How many are done.
    pub done: i64,
    /// Of these, how many changed.
    pub changed: i64,
    /// Of an undo: how many fields stay, because they were changed again since.
    pub kept: i64,
    /// How many could not be changed.
    pub failed: i64,
    /// What was wrong with the first 100 of them; of an undo also the fields that stay (`edited_since`).
    #[schema(value_type = Vec<JobProblem>)]
    pub problems: Json<Vec<JobProblem>>,
    /// The job that this one puts back.
    pub undoes: Option<Uuid>,
    /// Who began it.
    pub actor_name: String,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// A product that a job could not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobProblem {
    /// The product.
    pub product_id: Uuid,
    /// The field concerned.
    pub field: String,
    /// A code that clients branch on.
    pub code: String,
    /// What was expected and what was found.
    pub message: String,
}

/// What an edit would do.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EditPreview {
    /// How many products it would work on.
    pub total: i64,
    /// The first of them.
    pub sample: Vec<PreviewedProduct>,
}

/// What an edit would do to one product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PreviewedProduct {
    /// The product.
    pub id: Uuid,
    /// Its SKU.
    pub sku: Option<String>,
    /// Its title.
    pub title: String,
    /// The fields that would change; none when the edit leaves it as it is.
    pub changes: BTreeMap<String, FieldChange>,
    /// Why it could not be changed.
    pub problems: Vec<JobProblem>,
}

/// Products done in one transaction.
const STEP: i64 = 500;
/// Problems that are kept.
const MOST_PROBLEMS: usize = 100;
/// Ids that a selection names at most.
const MOST_IDS: usize = 10_000;
/// So often a job is resumed without getting on.
const MOST_RESUMES: i32 = 5;

#[derive(Serialize, Deserialize)]
struct Spec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    selection: Option<Selection>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    edits: Vec<Edit>,
}

struct JobRow {
    kind: String,
    spec: Json<Spec>,
    done_to: Uuid,
    up_to: Uuid,
    undoes: Option<Uuid>,
    problems: Json<Vec<JobProblem>>,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: String,
}

/// What came of one step.
#[derive(Default)]
struct Step {
    last: Option<Uuid>,
    done: i64,
    changed: i64,
    kept: i64,
    problems: Vec<JobProblem>,
    /// What stays on purpose: told, but not counted as failed.
    notes: Vec<JobProblem>,
}

impl Selection {
    fn check(&self) -> Result<()> {
        match (&self.ids, &self.query) {
            (Some(ids), None) if ids.is_empty() || ids.len() > MOST_IDS => Err(Error::invalid(
                "selection.ids",
                "length",
                format!("expected 1 to {MOST_IDS} ids, found {}", ids.len()),
            )),
            (Some(_), None) => Ok(()),
            (None, Some(query)) => query.check(),
            _ => Err(Error::invalid("selection", "invalid", "expected either ids or a query")),
        }
    }

    /// How many products it is, and the last one's id.
    async fn count(&self, tx: &mut TenantTx, tenant: TenantId) -> Result<(i64, Option<Uuid>)> {
        match (&self.ids, &self.query) {
            (Some(ids), _) => {
                let known = sqlx::query!(
                    "select count(*) as \"count!\" from products where tenant_id = $1 and product_id = any($2)",
                    tenant.0,
                    ids
                );
                let count = known.fetch_one(&mut **tx).await.map_err(error)?.count;
                Ok((count, ids.iter().max().copied()))
            }
            (None, query) => count_all(tx, tenant, &query.clone().unwrap_or_default()).await,
        }
    }

    async fn between(&self, tx: &mut TenantTx, tenant: TenantId, place: (Uuid, Uuid), limit: i64) -> Result<Vec<Uuid>> {
        match (&self.ids, &self.query) {
            (Some(ids), _) => {
                let next = sqlx::query_scalar!(
                    "select product_id from products where tenant_id = $1 and product_id = any($2) and product_id > $3 and product_id <= $4
                     order by product_id limit $5",
                    tenant.0,
                    ids,
                    place.0,
                    place.1,
                    limit
                );
                next.fetch_all(&mut **tx).await.map_err(error)
            }
            (None, query) => ids_between(tx, tenant, &query.clone().unwrap_or_default(), place, limit).await,
        }
    }
}

impl Work {
    const fn kind(&self) -> &'static str {
        match self {
            Work::Edit(..) => "edit",
            Work::Trash(_) => "trash",
            Work::Restore(_) => "restore",
            Work::Purge(_) => "purge",
            Work::Undo(_) => "undo",
            Work::Assess => "assess",
        }
    }

    fn check(&self) -> Result<()> {
        if let Work::Edit(_, edits) = self {
            if edits.is_empty() || edits.len() > 50 {
                return Err(Error::invalid(
                    "edits",
                    "length",
                    format!("expected 1 to 50 edits, found {}", edits.len()),
                ));
            }
            let wrong: Vec<product::ContentError> = edits.iter().filter_map(|edit| edit.check().err()).collect();
            if !wrong.is_empty() {
                return Err(crate::edits::invalid(wrong));
            }
        }
        self.selection().map_or(Ok(()), Selection::check)
    }

    fn selection(&self) -> Option<&Selection> {
        match self {
            Work::Edit(selection, _) | Work::Trash(selection) | Work::Restore(selection) | Work::Purge(selection) => {
                Some(selection)
            }
            Work::Undo(_) | Work::Assess => None,
        }
    }
}

impl CatalogDb {
    /// What edits would do to the first products of a selection. Nothing is written.
    ///
    /// # Errors
    /// 422 when the edits or the selection make no sense.
    pub async fn preview_edit(
        &self,
        tenant: TenantId,
        selection: &Selection,
        edits: &[Edit],
        sample: i64,
    ) -> Result<EditPreview> {
        Work::Edit(selection.clone(), edits.to_vec()).check()?;
        let mut tx = begin(&self.pool, tenant).await?;
        let (total, last) = selection.count(&mut tx, tenant).await?;
        let ids = selection.between(&mut tx, tenant, (Uuid::nil(), last.unwrap_or_default()), sample).await?;
        let mut previewed = Vec::new();
        for product in by_ids(&mut tx, tenant, &ids, false).await.map_err(error)? {
            let (changes, problems) = match edited(&mut tx, tenant, &product, edits).await? {
                Ok(content) => (diff(&product.content, &content), Vec::new()),
                Err(problems) => (BTreeMap::new(), problems),
            };
            previewed.push(PreviewedProduct {
                id: product.id,
                sku: product.content.sku,
                title: product.content.title,
                changes,
                problems,
            });
        }
        Ok(EditPreview { total, sample: previewed })
    }

    /// Begins a job, or finds the one that was begun with the same key.
    ///
    /// # Errors
    /// 422 when it makes no sense; 404 and 409 when there is nothing to undo.
    pub async fn begin_job(
        &self,
        tenant: TenantId,
        work: &Work,
        key: Option<&str>,
        stamp: &Stamp,
    ) -> Result<CatalogJob> {
        work.check()?;
        let mut tx = begin(&self.pool, tenant).await?;
        let (total, last) = match work {
            Work::Undo(job) => undoable(&mut tx, tenant, *job).await?,
            Work::Assess => count_all(&mut tx, tenant, &ProductQuery::default())
                .await
                .map(|(total, _)| (total, Some(Uuid::max())))?,
            _ => {
                work.selection().cloned().unwrap_or(Selection { ids: None, query: None }).count(&mut tx, tenant).await?
            }
        };
        let spec = Spec {
            selection: work.selection().cloned(),
            edits: if let Work::Edit(_, edits) = work { edits.clone() } else { Vec::new() },
        };
        let (id, undoes) = (Uuid::now_v7(), if let Work::Undo(job) = work { Some(*job) } else { None });
        let inserted = sqlx::query!(
            "insert into catalog_jobs (tenant_id, job_id, kind, spec, status, done_to, up_to, total, undoes, actor_kind, actor_id, actor_name,
                    idempotency_key, created_at, updated_at)
             values ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
             on conflict on constraint catalog_jobs_idempotency_key do nothing",
            tenant.0,
            id,
            work.kind(),
            Json(&spec) as _,
            Uuid::nil(),
            last.unwrap_or_default(),
            total,
            undoes,
            stamp.actor_kind(),
            stamp.actor(),
            stamp.actor_name(),
            key,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(|failed| {
            on_constraint(failed, "catalog_jobs_undoes_key", || Error::Conflict {
                code: "already_undone",
                message: "this job was undone already, or is being undone".to_owned(),
            })
        })?;
        if inserted.rows_affected() == 0 {
            let there = sqlx::query!(
                "select job_id, kind, spec from catalog_jobs where tenant_id = $1 and idempotency_key = $2",
                tenant.0,
                key
            );
            let there = there.fetch_one(&mut *tx).await.map_err(error)?;
            if there.kind != work.kind() || there.spec != json!(spec) {
                let message = "this Idempotency-Key began another job; send a new one".to_owned();
                return Err(Error::Conflict { code: "idempotency_key_reused", message });
            }
            return job(&mut tx, tenant, there.job_id).await;
        }
        let line = Change::new("catalog_job.begun", id)
            .to(json!({ "kind": work.kind(), "products": total, "spec": spec, "undoes": undoes }));
        record_change(&mut tx, tenant, stamp, line).await?;
        tx.commit().await.map_err(error)?;
        self.catalog_job(tenant, id).await
    }

    /// A job.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn catalog_job(&self, tenant: TenantId, id: Uuid) -> Result<CatalogJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await
    }

    /// The jobs, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalog_jobs(&self, tenant: TenantId, before: Option<Uuid>, limit: i64) -> Result<Page<CatalogJob>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let jobs = sqlx::query_as!(
            CatalogJob,
            r#"select job_id as id, kind, status, total, done, changed, kept, failed, problems as "problems: Json<Vec<JobProblem>>",
                      undoes, actor_name, created_at, finished_at
               from catalog_jobs where tenant_id = $1 and ($2::uuid is null or job_id < $2) order by job_id desc limit $3"#,
            tenant.0,
            before,
            limit + 1
        );
        let jobs = jobs.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(Page::cut(jobs, limit, |job| Cursor::Id(job.id)))
    }

    /// Stops a job where it is; what is done stays done, and can be undone.
    ///
    /// # Errors
    /// 404; 409 when it has ended.
    pub async fn cancel_job(&self, tenant: TenantId, id: Uuid, stamp: &Stamp) -> Result<CatalogJob> {
        let mut tx = begin(&self.pool, tenant).await?;
        job(&mut tx, tenant, id).await?;
        let cancelled = sqlx::query!(
            "update catalog_jobs set status = 'cancelled', finished_at = $3, updated_at = $3
             where tenant_id = $1 and job_id = $2 and status = 'running'",
            tenant.0,
            id,
            stamp.at
        );
        if cancelled.execute(&mut *tx).await.map_err(error)?.rows_affected() == 0 {
            return Err(Error::Conflict { code: "job_ended", message: "the job has ended already".to_owned() });
        }
        record_change(&mut tx, tenant, stamp, Change::new("catalog_job.cancelled", id)).await?;
        tx.commit().await.map_err(error)?;
        self.catalog_job(tenant, id).await
    }

    /// Jobs that made no progress since `before`, of every organisation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stalled_jobs(&self, before: OffsetDateTime, most: i32) -> Result<Vec<(TenantId, Uuid)>> {
        let mut connection = self.pool.acquire().await.map_err(error)?;
        let found = sqlx::query!(
            "select tenant_id as \"tenant!\", job_id as \"job!\" from stalled_catalog_jobs($1, $2)",
            before,
            most
        );
        let found = found.fetch_all(&mut *connection).await.map_err(error)?;
        Ok(found.into_iter().map(|row| (TenantId(row.tenant), row.job)).collect())
    }

    /// Notes that a job is resumed; gives whether it is to go on, or has failed for good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn resume_job(&self, tenant: TenantId, id: Uuid, now: OffsetDateTime) -> Result<bool> {
        let mut tx = begin(&self.pool, tenant).await?;
        let going = sqlx::query_scalar!(
            "update catalog_jobs set resumes = resumes + 1, updated_at = $3::timestamptz,
                    status = case when resumes >= $4 then 'failed' else status end,
                    finished_at = case when resumes >= $4 then $3::timestamptz end
             where tenant_id = $1 and job_id = $2 and status = 'running' returning status = 'running' as \"going!\"",
            tenant.0,
            id,
            now,
            MOST_RESUMES
        );
        let going = going.fetch_optional(&mut *tx).await.map_err(error)?.unwrap_or(false);
        tx.commit().await.map_err(error)?;
        Ok(going)
    }

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

pub(crate) async fn job(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<CatalogJob> {
    let found = sqlx::query_as!(
        CatalogJob,
        r#"select job_id as id, kind, status, total, done, changed, kept, failed, problems as "problems: Json<Vec<JobProblem>>",
                  undoes, actor_name, created_at, finished_at
           from catalog_jobs where tenant_id = $1 and job_id = $2"#,
        tenant.0,
        id
    );
    found.fetch_optional(&mut **tx).await.map_err(error)?.ok_or(Error::NotFound("job"))
}

/// How many products a job changed, when it can be undone.
async fn undoable(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<(i64, Option<Uuid>)> {
    let there = job(tx, tenant, id).await?;
    let why_not = match (there.kind.as_str(), there.status.as_str()) {
        (_, "running") => Some("the job still runs; cancel it first"),
        ("purge" | "assess", _) => Some("what was deleted for good cannot be brought back"),
        _ => None,
    };
    if let Some(message) = why_not {
        return Err(Error::Conflict { code: "cannot_undo", message: message.to_owned() });
    }
    let found = sqlx::query!(
        "select count(distinct product_id) as \"count!\", max(product_id::text)::uuid as last from product_changes where tenant_id = $1 and job_id = $2",
        tenant.0,
        id
    );
    let found = found.fetch_one(&mut **tx).await.map_err(error)?;
    Ok((found.count, found.last))
}

/// The content of a product after edits, checked; or what is wrong.
async fn edited(
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

struct Stepping<'s> {
    tenant: TenantId,
    setup: &'s Setup,
    origin: &'s Origin,
    row: &'s JobRow,
    now: OffsetDateTime,
}

impl Stepping<'_> {
    async fn write(&self, tx: &mut TenantTx, written: Vec<Written>) -> Result<()> {
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

    /// Puts back, per field, what the job wrote, where nothing wrote it since.
    async fn undo(&self, tx: &mut TenantTx) -> Result<Step> {
        let job = self.row.undoes.unwrap_or_default();
        let ids = sqlx::query_scalar!(
            "select distinct product_id from product_changes where tenant_id = $1 and job_id = $2 and product_id > $3 order by product_id limit $4",
            self.tenant.0,
            job,
            self.row.done_to,
            STEP
        );
        let ids = ids.fetch_all(&mut **tx).await.map_err(error)?;
        let mut step =
            Step { last: ids.last().copied(), done: i64::try_from(ids.len()).unwrap_or_default(), ..Step::default() };
        let mut changes: HashMap<Uuid, Vec<Entry>> = HashMap::new();
        for entry in entries_since(tx, self.tenant, &ids, job).await.map_err(error)? {
            changes.entry(entry.product_id).or_default().push(entry);
        }
        let earlier = sources_before(tx, self.tenant, &ids, job).await.map_err(error)?;
        let mut room = Room(self.setup.quota.map(|quota| quota - self.setup.products));
        let mut written = Vec::new();
        for product in by_ids(tx, self.tenant, &ids, true).await.map_err(error)? {
            let entries = changes.get(&product.id).map(Vec::as_slice).unwrap_or_default();
            let undone = undone(&product, entries, &earlier, job, (self.now, self.setup.policy.lock_on_edit));
            step.kept += i64::try_from(undone.kept.len()).unwrap_or_default();
            let edited = "the field was changed again since, and stays as it is";
            step.notes.extend(undone.kept.iter().map(|field| problem(product.id, field, "edited_since", edited)));
            let Some(mut after) = undone.after else { continue };
            // What the old values name may be gone by now.
            match check(tx, self.tenant, &mut after.content, Some(&product)).await {
                Ok(()) => {}
                Err(Error::Invalid(errors)) => {
                    step.kept += i64::try_from(diff(&product.content, &after.content).len()).unwrap_or_default();
                    step.problems.extend(
                        errors.iter().map(|error| problem(product.id, &error.field, &error.code, &error.message)),
                    );
                    continue;
                }
                Err(other) => return Err(other),
            }
            let one = Written { before: Some(product), after, row: None, action: undone.action };
            match room.take(&one) {
                true => written.push(one),
                false => step.problems.push(quota_problem(one.after.id)),
            }
        }
        step.changed = i64::try_from(written.len()).unwrap_or_default();
        // Owners and locks were put back beside the values: writing must not give the fields to whoever undoes.
        let ids: Vec<Uuid> = written.iter().map(|one| one.after.id).collect();
        let owners: Vec<Value> = written.iter().map(|one| json!(one.after.owners)).collect();
        let locked: Vec<String> = written.iter().map(|one| one.after.locked.join("\n")).collect();
        self.write(tx, written).await?;
        sqlx::query!(
            r"update products p set owners = r.owners, locked = string_to_array(r.locked, E'\n')
              from unnest($2::uuid[], $3::jsonb[], $4::text[]) as r(id, owners, locked)
              where p.tenant_id = $1 and p.product_id = r.id",
            self.tenant.0,
            &ids,
            &owners,
            &locked
        )
        .execute(&mut **tx)
        .await
        .map_err(error)?;
        Ok(step)
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

/// Assesses products anew; gives how many had another score.
pub(crate) async fn reassess(tx: &mut TenantTx, tenant: TenantId, setup: &Setup, ids: &[Uuid]) -> Result<u64> {
    let mut scopes = Scopes::default();
    let (mut scores, mut missing, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for mut product in by_ids(tx, tenant, ids, true).await.map_err(error)? {
        scopes.assess(&mut product, setup);
        known.push(product.id);
        scores.push(product.completeness);
        missing.push(product.missing.join("\n"));
    }
    scopes.upsert(tx, tenant).await.map_err(error)?;
    let assessed = sqlx::query!(
        r"update products p set completeness = r.score, missing = string_to_array(r.missing, E'\n'), language = $5
          from unnest($2::uuid[], $3::smallint[], $4::text[]) as r(id, score, missing)
          where p.tenant_id = $1 and p.product_id = r.id
            and (p.completeness <> r.score or p.missing <> string_to_array(r.missing, E'\n') or p.language <> $5)",
        tenant.0,
        &known,
        &scores,
        &missing,
        setup.language
    );
    Ok(assessed.execute(&mut **tx).await.map_err(error)?.rows_affected())
}

/// The places that the quota has left.
struct Room(Option<i64>);

impl Room {
    /// Takes or gives back the place of a product that is to be written; false when there is none.
    fn take(&mut self, one: &Written) -> bool {
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

fn problem(product: Uuid, field: &str, code: &str, message: &str) -> JobProblem {
    JobProblem { product_id: product, field: field.to_owned(), code: code.to_owned(), message: message.to_owned() }
}

fn quota_problem(product: Uuid) -> JobProblem {
    problem(product, "", "quota_exceeded", "Quota exceeded: the plan has no room for more products")
}

struct Undone {
    after: Option<Product>,
    /// The fields that stay, because something changed them again.
    kept: Vec<String>,
    action: &'static str,
}

/// A product as it is when a job's changes are taken back. `entries` are its changes since the job's first one, the newest
/// first; `earlier` says which source set a field before that.
fn undone(
    product: &Product,
    entries: &[Entry],
    earlier: &HashMap<(Uuid, String), String>,
    job: Uuid,
    (now, locks): (OffsetDateTime, bool),
) -> Undone {
    let mut undone = Undone { after: None, kept: Vec::new(), action: "reverted" };
    let mut after = product.clone();
    // What something else changed later, as we walk back in time: fields, and whether it lies in the trash.
    let mut changed_since: BTreeSet<&str> = BTreeSet::new();
    let (mut touched, mut moved_since) = (false, false);
    for entry in entries {
        let changes = entry.diff.as_ref();
        if entry.job_id != Some(job) {
            changed_since.extend(changes.into_iter().flat_map(|diff| diff.keys().map(String::as_str)));
            moved_since |= matches!(entry.action.as_str(), "trashed" | "restored");
            touched = true;
            continue;
        }
        let to_trash = match entry.action.as_str() {
            // Made by the job: into the trash, unless somebody has worked on it since.
            "created" if touched => {
                undone.kept.extend(fields(&product.content).into_keys());
                None
            }
            "created" | "restored" => Some(true),
            "trashed" => Some(false),
            _ => None,
        };
        if let Some(to_trash) = to_trash.filter(|to_trash| !moved_since && product.trashed_at.is_some() != *to_trash) {
            after.trashed_at = to_trash.then_some(now);
            undone.action = if to_trash { "trashed" } else { "restored" };
        }
        for (field, change) in changes.into_iter().flat_map(|diff| diff.iter()) {
            let back = with_field(&after.content, field, change.old.clone());
            let Some(content) = back.ok().filter(|_| !changed_since.contains(field.as_str())) else {
                undone.kept.push(field.clone());
                continue;
            };
            after.content = content;
            let source =
                earlier.get(&(product.id, field.clone())).or_else(|| earlier.get(&(product.id, String::new())));
            match source.filter(|_| !change.old.is_null()) {
                Some(source) => after.owners.give([field.as_str()], source),
                None => after.owners.forget([field.as_str()]),
            }
            // The lock that the job's own edit made goes with it.
            if locks && entry.source == "user" && source.map(String::as_str) != Some("user") {
                after.locked.retain(|locked| locked != field);
            }
        }
    }
    if after != *product {
        undone.after = Some(after);
    }
    undone
}
