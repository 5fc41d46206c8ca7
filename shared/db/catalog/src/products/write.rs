//! The only code that writes products: as a set, with their history, their owners, their completeness and the quota.
//!
//! Imports, edits by hand, bulk jobs and undos all use [`write`]. The database itself derives the search keys and
//! counts versions.

use std::collections::{BTreeMap, BTreeSet};

use db_tenancy::TenantTx;
use planning::PlannedWrite;
use product::{FieldChange, Product, diff, fields};
use runtime::TenantId;
use time::OffsetDateTime;

use crate::find::words::title_words;
use crate::products::columns::{Columns, upsert};
use crate::products::origin::{Origin, WriteError};
use crate::products::record::History;
use crate::products::scores::Scopes;
use crate::products::setup::Setup;

/// Writes products. Returns them as they are now.
///
/// # Errors
/// If the quota is reached or the database refuses. The caller must not commit then.
pub(crate) async fn write(
    tx: &mut TenantTx,
    tenant: TenantId,
    setup: &Setup,
    origin: &Origin,
    written: Vec<PlannedWrite>,
    now: OffsetDateTime,
) -> Result<Vec<Product>, WriteError> {
    if written.is_empty() {
        return Ok(Vec::new());
    }
    // PostgreSQL stores microseconds: the returned times must equal the stored ones.
    let now = now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now);
    let (mut products, mut history, mut scopes) = (Columns::default(), History::default(), Scopes::default());
    let (mut words, mut after_all) = (BTreeSet::new(), Vec::with_capacity(written.len()));
    let mut growth = 0_i64;
    for mut planned in written {
        growth += i64::from(planned.after.counts()) - i64::from(planned.before.as_ref().is_some_and(Product::counts));
        let changes = planned.before.as_ref().map(|before| diff(&before.content, &planned.after.content));
        set_owners(&mut planned.after, changes.as_ref(), setup, origin);
        scopes.assess(&mut planned.after, setup);
        if planned.before.as_ref().is_none_or(|before| before.content.title != planned.after.content.title) {
            words.extend(title_words(&planned.after.content.title));
        }
        if let Some(before) = &planned.before {
            planned.after.version = before.version + 1;
        }
        planned.after.updated_at = now;
        history.push(&planned, changes);
        products.push(&planned.after);
        after_all.push(planned.after);
    }
    upsert(tx, tenant, setup, &products, now).await?;
    history.insert(tx, tenant, origin, now).await?;
    scopes.upsert(tx, tenant).await?;
    // Sorted, so that two batches with the same new words cannot deadlock.
    let words: Vec<String> = words.into_iter().collect();
    sqlx::query!(
        "insert into words (tenant_id, word) select $1, word from unnest($2::text[]) word
         where not exists (select from words known where known.tenant_id = $1 and known.word = word.word)
         on conflict do nothing",
        tenant.0,
        &words
    )
    .execute(&mut **tx)
    .await?;
    if growth != 0 {
        count(tx, tenant, growth).await?;
    }
    Ok(after_all)
}

/// Counts products towards the quota. It comes last, so that the row is locked for as short a time as possible.
pub(crate) async fn count(tx: &mut TenantTx, tenant: TenantId, growth: i64) -> Result<(), WriteError> {
    let counted = sqlx::query!(
        "insert into catalogs (tenant_id, products) values ($1, greatest($2::bigint, 0))
         on conflict (tenant_id) do update set products = greatest(catalogs.products + $2::bigint, 0)
         where $2::bigint <= 0 or catalogs.quota is null or catalogs.products + $2::bigint <= catalogs.quota",
        tenant.0,
        growth
    );
    if counted.execute(&mut **tx).await?.rows_affected() == 0 { Err(WriteError::Quota) } else { Ok(()) }
}

/// Makes the source that changes fields their owner, and locks them if the rules say so.
fn set_owners(after: &mut Product, changes: Option<&BTreeMap<String, FieldChange>>, setup: &Setup, origin: &Origin) {
    match changes {
        None => after.owners.give(fields(&after.content).keys().map(String::as_str), &origin.source),
        Some(changes) => {
            let gone = |change: &FieldChange| change.new.is_null();
            after.owners.give(
                changes.iter().filter(|(_, change)| !gone(change)).map(|(field, _)| field.as_str()),
                &origin.source,
            );
            after.owners.forget(changes.iter().filter(|(_, change)| gone(change)).map(|(field, _)| field.as_str()));
            if setup.policy.lock_on_edit && origin.source == "user" {
                for field in changes.keys() {
                    if !after.locked.contains(field) {
                        after.locked.push(field.clone());
                    }
                }
            }
        }
    }
}
