//! The one way in which products are written: as a set, with their history, their owners, their completeness, the quota.
//!
//! Imports, edits by hand, bulk jobs and what is put back all come through [`write`]. The database itself derives the
//! search keys, and counts versions.

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

/// Writes products; gives them as they are now.
///
/// # Errors
/// When the quota is reached, or the database refuses: then nothing is to be committed.
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
    // What PostgreSQL keeps of a time: the answer says what is stored.
    let now = now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now);
    let (mut products, mut history, mut scopes) = (Columns::default(), History::default(), Scopes::default());
    let (mut words, mut after_all) = (BTreeSet::new(), Vec::with_capacity(written.len()));
    let mut growth = 0_i64;
    for mut one in written {
        growth += i64::from(one.after.counts()) - i64::from(one.before.as_ref().is_some_and(Product::counts));
        let changes = one.before.as_ref().map(|before| diff(&before.content, &one.after.content));
        own(&mut one.after, changes.as_ref(), setup, origin);
        scopes.assess(&mut one.after, setup);
        if one.before.as_ref().is_none_or(|before| before.content.title != one.after.content.title) {
            words.extend(title_words(&one.after.content.title));
        }
        if let Some(before) = &one.before {
            one.after.version = before.version + 1;
        }
        one.after.updated_at = now;
        history.push(&one, changes);
        products.push(&one.after);
        after_all.push(one.after);
    }
    upsert(tx, tenant, setup, &products, now).await?;
    history.insert(tx, tenant, origin, now).await?;
    scopes.upsert(tx, tenant).await?;
    // In their order, so that two batches with the same new words do not wait for each other in a circle.
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

/// Counts products on the quota, last of all: the row is locked for as short as can be.
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

/// Gives the changed fields to the source that changes them.
fn own(after: &mut Product, changes: Option<&BTreeMap<String, FieldChange>>, setup: &Setup, origin: &Origin) {
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
