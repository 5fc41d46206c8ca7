//! Undoes a job: field by field, and only where nothing changed the field since.

use std::collections::{BTreeSet, HashMap};

use db_tenancy::{TenantTx, error};
use planning::PlannedWrite;
use product::{Product, diff, fields, with_field};
use runtime::{Error, Result, TenantId};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::jobs::job::{job, problem, quota_problem};
use crate::jobs::step::{Room, STEP, Step, StepContext};
use crate::products::edits::check;
use crate::products::history::{Entry, entries_since, sources_before};
use crate::products::read::by_ids;

/// Returns how many products a job changed, and the last id.
///
/// # Errors
/// 404; 409 if the job cannot be undone.
pub(crate) async fn undoable(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<(i64, Option<Uuid>)> {
    let target = job(tx, tenant, id).await?;
    let why_not = match (target.kind.as_str(), target.status.as_str()) {
        (_, "running") => Some(messages::catalog::job_running()),
        ("purge", _) => Some(messages::catalog::deleted_for_good()),
        ("assess", _) => Some(messages::catalog::only_assessed()),
        _ => None,
    };
    if let Some(message) = why_not {
        return Err(Error::Conflict { code: "cannot_undo", message });
    }
    let found = sqlx::query!(
        "select count(distinct product_id) as \"count!\", max(product_id::text)::uuid as last from product_changes where tenant_id = $1 and job_id = $2",
        tenant.0,
        id
    );
    let found = found.fetch_one(&mut **tx).await.map_err(error)?;
    Ok((found.count, found.last))
}

impl StepContext<'_> {
    /// Restores the old value of each field that the job changed, where nothing changed it since.
    pub(crate) async fn undo(&self, tx: &mut TenantTx) -> Result<Step> {
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
            let undone = undone(&product, entries, &earlier, job, self.now, self.setup.policy.lock_on_edit);
            step.kept += i64::try_from(undone.kept.len()).unwrap_or_default();
            let edited = messages::catalog::edited_since();
            step.notes
                .extend(undone.kept.iter().map(|field| problem(product.id, field, "edited_since", edited.clone())));
            let Some(mut after) = undone.after else { continue };
            // A category or a parent in the old values may no longer exist.
            match check(tx, self.tenant, &mut after.content, Some(&product)).await {
                Ok(()) => {}
                Err(Error::Invalid(errors)) => {
                    step.kept += i64::try_from(diff(&product.content, &after.content).len()).unwrap_or_default();
                    step.problems.extend(
                        errors.into_iter().map(|error| problem(product.id, &error.field, &error.code, error.message)),
                    );
                    continue;
                }
                Err(other) => return Err(other),
            }
            let planned = PlannedWrite { before: Some(product), after, row: None, action: undone.action };
            match room.take(&planned) {
                true => written.push(planned),
                false => step.problems.push(quota_problem(planned.after.id)),
            }
        }
        step.changed = i64::try_from(written.len()).unwrap_or_default();
        // Owners and locks were restored with the values. The write must not give the fields to the person who undoes.
        let ids: Vec<Uuid> = written.iter().map(|planned| planned.after.id).collect();
        let owners: Vec<Value> = written.iter().map(|planned| json!(planned.after.owners)).collect();
        let locked: Vec<String> = written.iter().map(|planned| planned.after.locked.join("\n")).collect();
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
}

struct Undone {
    after: Option<Product>,
    /// The fields that stay as they are, because they were changed again since.
    kept: Vec<String>,
    action: &'static str,
}

/// Returns a product with a job's changes undone. `entries` are its changes since the job's first one, the newest
/// first; `earlier` says which source set a field before that.
fn undone(
    product: &Product,
    entries: &[Entry],
    earlier: &HashMap<(Uuid, String), String>,
    job: Uuid,
    now: OffsetDateTime,
    locks: bool,
) -> Undone {
    let mut undone = Undone { after: None, kept: Vec::new(), action: "reverted" };
    let mut after = product.clone();
    // The entries run back in time. These collect what something else changed later: fields, and moves into or out of
    // the trash.
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
            // The job created the product: it goes to the trash, unless it was changed since.
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
            // The job's own edit set this lock, so the undo removes it.
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
