//! Which products a job works on. It processes them in the order of their ids, so that its position is an id.

use std::collections::BTreeMap;

use db_tenancy::{TenantTx, error};
use runtime::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::find::search::{ProductQuery, Subtrees, condition_error, from_where};
use crate::find::words::{push_words, understand};

/// Which products a job works on: those with these ids, or those that a query finds. Exactly one of the two is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Their ids, at most 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<Uuid>>,
    /// A query that finds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<ProductQuery>,
}

/// The most ids in one selection.
const MOST_IDS: usize = 10_000;

impl Selection {
    pub(crate) fn check(&self) -> Result<()> {
        match (&self.ids, &self.query) {
            (Some(ids), None) if ids.is_empty() || ids.len() > MOST_IDS => {
                Err(Error::invalid("selection.ids", "length", messages::catalog::ids_count(MOST_IDS, ids.len())))
            }
            (Some(_), None) => Ok(()),
            (None, Some(query)) => query.check(),
            _ => Err(Error::invalid("selection", "invalid", messages::catalog::selection_invalid())),
        }
    }

    /// Returns the number of selected products, and the last id.
    pub(crate) async fn count(&self, tx: &mut TenantTx, tenant: TenantId) -> Result<(i64, Option<Uuid>)> {
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

    /// Returns the ids of the next selected products, at most `limit`: those after the first id of `place`, up to the
    /// second.
    pub(crate) async fn between(
        &self,
        tx: &mut TenantTx,
        tenant: TenantId,
        place: (Uuid, Uuid),
        limit: i64,
    ) -> Result<Vec<Uuid>> {
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
            (None, query) => ids_between(tx, tenant, &query.clone().unwrap_or_default(), place.0, place.1, limit).await,
        }
    }
}

/// Returns how many products `query` finds, and the last id.
pub(crate) async fn count_all(
    tx: &mut TenantTx,
    tenant: TenantId,
    query: &ProductQuery,
) -> Result<(i64, Option<Uuid>)> {
    let trees = Subtrees::read(tx, tenant, &query.filter).await?;
    let mut sql = QueryBuilder::new("select count(*), max(product_id::text)::uuid");
    from_where(&mut sql, &query.filter, &trees)?;
    push_search(&mut sql, tx, tenant, query).await?;
    let row = sql.build().fetch_one(&mut **tx).await.map_err(condition_error)?;
    Ok((row.try_get(0).map_err(error)?, row.try_get(1).map_err(error)?))
}

/// Returns the ids of the products that `query` finds, in order: those after `after`, up to `up_to`, at most `limit`.
pub(crate) async fn ids_between(
    tx: &mut TenantTx,
    tenant: TenantId,
    query: &ProductQuery,
    after: Uuid,
    up_to: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>> {
    let trees = Subtrees::read(tx, tenant, &query.filter).await?;
    let mut sql = QueryBuilder::new("select product_id");
    from_where(&mut sql, &query.filter, &trees)?;
    push_search(&mut sql, tx, tenant, query).await?;
    sql.push(" and product_id > ").push_bind(after).push(" and product_id <= ").push_bind(up_to);
    sql.push(" order by product_id limit ").push_bind(limit);
    let rows = sql.build().fetch_all(&mut **tx).await.map_err(condition_error)?;
    rows.iter().map(|row| row.try_get(0)).collect::<sqlx::Result<_>>().map_err(error)
}

/// Adds the condition of the query's search words, if it has any.
pub(crate) async fn push_search(
    sql: &mut QueryBuilder<Postgres>,
    tx: &mut TenantTx,
    tenant: TenantId,
    query: &ProductQuery,
) -> Result<()> {
    if let Some(text) = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let words = understand(tx, tenant, text, &BTreeMap::new()).await?;
        push_words(sql, &words);
    }
    Ok(())
}
