//! A snapshot of the catalogue at one moment, read page by page. An export never sees half of a change, and its memory
//! does not grow with the catalogue, except for the ids of the wanted products.
//!
//! Products come in the order of their ids, each with its wanted variants. A wanted variant always comes with its
//! parent, also if the parent itself is not wanted: without the parent no channel can show it.

use std::collections::{BTreeMap, HashMap, HashSet};

use db_tenancy::{TenantTx, begin, error};
use futures::TryStreamExt;
use product::Attribute;
use runtime::{Error, Result, TenantId};
use sqlx::{AssertSqlSafe, QueryBuilder, Row};
use uuid::Uuid;

use crate::find::filter::{Condition, Op};
use crate::find::search::{ProductQuery, Subtrees, condition_error, from_where};
use crate::jobs::selection::push_search;
use crate::products::read::{COLUMNS, product};
use crate::{CatalogDb, Product};

/// Which products an export reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotQuery {
    /// Only the products with these ids, at most 10,000; `None` = all.
    pub ids: Option<Vec<Uuid>>,
    /// The query that finds them.
    pub query: ProductQuery,
    /// Only the products that changed in or after this transaction, with their variants and parents.
    pub changed_from: Option<i64>,
    /// At most this number of products, as a sample.
    pub sample: Option<i64>,
}

/// A read-only transaction over one tenant's products.
pub struct Snapshot {
    tx: TenantTx,
    tenant: TenantId,
    /// Pairs of ids: the product or the parent, and the wanted product, which is the same or a variant.
    wanted: Vec<(Uuid, Uuid)>,
    place: usize,
    watermark: i64,
}

/// A product and its wanted variants.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductGroup {
    /// The product, or the parent.
    pub product: Product,
    /// Whether the product itself is wanted; a parent may be here only because of its variants.
    pub wanted: bool,
    /// Its variants, in the order of their ids.
    pub variants: Vec<Product>,
}

impl CatalogDb {
    /// Opens a snapshot of the wanted products.
    ///
    /// # Errors
    /// 422 for an invalid condition.
    pub async fn snapshot(&self, tenant: TenantId, wanted: &SnapshotQuery) -> Result<Snapshot> {
        // Between two pages an export may wait for pictures; a function that was killed must not hold the transaction,
        // and with it what vacuum could remove, for longer.
        let begin = format!(
            "begin isolation level repeatable read read only; set local app.tenant_id = '{tenant}'; \
             set local lock_timeout = '10s'; set local statement_timeout = '60s'; \
             set local idle_in_transaction_session_timeout = '120s'"
        );
        let mut tx = self.pool.begin_with(AssertSqlSafe(begin)).await.map_err(error)?;
        let mut sql = sql(&mut tx, tenant, wanted, "select root, product_id from (").await?;
        sql.push(") wanted order by root, product_id");
        let mut found: Vec<(Uuid, Uuid)> = Vec::new();
        {
            let mut rows = sql.build().fetch(&mut *tx);
            while let Some(row) = rows.try_next().await.map_err(condition_error)? {
                found.push((row.try_get(0).map_err(error)?, row.try_get(1).map_err(error)?));
            }
        }
        // A change that is committed after this snapshot belongs to this transaction or a later one.
        let watermark =
            sqlx::query_scalar!("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as \"watermark!\"");
        let watermark = watermark.fetch_one(&mut *tx).await.map_err(error)?;
        Ok(Snapshot { tx, tenant, wanted: found, place: 0, watermark })
    }

    /// Returns how many products and variants are wanted, counted up to `most`.
    ///
    /// # Errors
    /// 422 for an invalid condition.
    pub async fn count_wanted(&self, tenant: TenantId, wanted: &SnapshotQuery, most: i64) -> Result<i64> {
        let mut tx = begin(&self.pool, tenant).await?;
        let mut sql = sql(&mut tx, tenant, wanted, "select count(*) from (").await?;
        sql.push(" limit ").push_bind(most).push(") wanted");
        let counted = sql.build().fetch_one(&mut *tx).await.map_err(condition_error)?;
        counted.try_get(0).map_err(error)
    }
}

/// Returns `before`, followed by the statement that selects the wanted products as `root` (the product, or its parent)
/// and `product_id`.
async fn sql(
    tx: &mut TenantTx,
    tenant: TenantId,
    wanted: &SnapshotQuery,
    before: &str,
) -> Result<QueryBuilder<sqlx::Postgres>> {
    let query = &wanted.query;
    query.check()?;
    let trees = Subtrees::read(tx, tenant, &query.filter).await?;
    let mut sql = QueryBuilder::new(before);
    if wanted.sample.is_some() {
        sql.push("select root, product_id from (");
    }
    sql.push("select coalesce(parent_id, product_id) as root, product_id");
    if wanted.sample.is_some() {
        // A sample consists of whole products with their variants. This sorts all wanted products.
        sql.push(", dense_rank() over (order by coalesce(parent_id, product_id)) as place");
    }
    from_where(&mut sql, &query.filter, &trees)?;
    push_search(&mut sql, tx, tenant, query).await?;
    if let Some(ids) = &wanted.ids {
        // The id of a parent stands for its variants too.
        sql.push(" and (product_id = any(").push_bind(ids.clone());
        sql.push(") or parent_id = any(").push_bind(ids.clone()).push("))");
    }
    if let Some(from) = wanted.changed_from {
        // Through the index of changes: the changed products, with their variants and parents.
        let changed = "select product_id from found_products where changed_in >= ";
        sql.push(" and coalesce(parent_id, product_id) in (select coalesce(parent_id, product_id) from found_products where product_id in (");
        sql.push(changed).push_bind(from).push("))");
    }
    if let Some(most) = wanted.sample {
        sql.push(") placed where place <= ").push_bind(most);
    }
    Ok(sql)
}

impl Snapshot {
    /// Returns how many products and variants are wanted. A parent that is not wanted itself is not counted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.wanted.len()
    }

    /// Returns the transaction id from which to read the changes after this snapshot. Some changes of the snapshot may
    /// come again then; none is missed.
    #[must_use]
    pub fn watermark(&self) -> i64 {
        self.watermark
    }

    /// Returns the next products, about `limit` products and variants together; an empty list at the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next(&mut self, limit: usize) -> Result<Vec<ProductGroup>> {
        let rest = &self.wanted[self.place..];
        let mut end = limit.min(rest.len());
        // A product and its variants stay on one page.
        while end > 0 && end < rest.len() && rest[end].0 == rest[end - 1].0 {
            end += 1;
        }
        let page = &rest[..end];
        self.place += end;
        if page.is_empty() {
            return Ok(Vec::new());
        }
        let ids: HashSet<Uuid> = page.iter().flat_map(|(root, id)| [*root, *id]).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let select = format!("select {COLUMNS} from products where tenant_id = $1 and product_id = any($2)");
        let rows = sqlx::query(AssertSqlSafe(select)).bind(self.tenant.0).bind(&ids);
        let rows = rows.fetch_all(&mut *self.tx).await.map_err(error)?;
        let mut products = HashMap::with_capacity(rows.len());
        for row in &rows {
            let product = product(row).map_err(error)?;
            products.insert(product.id, product);
        }
        let mut groups: Vec<ProductGroup> = Vec::with_capacity(page.len());
        for (root, id) in page {
            let open = groups.last().is_some_and(|group| group.product.id == *root);
            if !open {
                let product =
                    products.remove(root).ok_or_else(|| Error::internal("a product is gone from a snapshot"))?;
                groups.push(ProductGroup { product, wanted: false, variants: Vec::new() });
            }
            if let Some(group) = groups.last_mut() {
                match id == root {
                    true => group.wanted = true,
                    false => group.variants.extend(products.remove(id)),
                }
            }
        }
        Ok(groups)
    }

    /// Returns every category by its id, as the names from the root down, in the language `locale` where a name exists
    /// in it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn category_paths(&mut self, locale: Option<&str>) -> Result<BTreeMap<Uuid, Vec<String>>> {
        let rows = sqlx::query!(
            "select category_id, path, coalesce(nullif(names ->> $2, ''), name) as \"name!\" from categories where tenant_id = $1",
            self.tenant.0,
            locale.unwrap_or_default()
        );
        let rows = rows.fetch_all(&mut *self.tx).await.map_err(error)?;
        let names: HashMap<Uuid, &String> = rows.iter().map(|row| (row.category_id, &row.name)).collect();
        let path = |ids: &[Uuid]| ids.iter().filter_map(|id| names.get(id).map(|name| (*name).clone())).collect();
        Ok(rows.iter().map(|row| (row.category_id, path(&row.path))).collect())
    }

    /// Returns the organisation's attributes, in the order of their codes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attribute_definitions(&mut self) -> Result<BTreeMap<String, Attribute>> {
        let rows =
            sqlx::query!("select code, definition from attributes where tenant_id = $1 order by code", self.tenant.0);
        let rows = rows.fetch_all(&mut *self.tx).await.map_err(error)?;
        rows.into_iter()
            .map(|row| Ok((row.code, serde_json::from_value(row.definition).map_err(Error::internal)?)))
            .collect()
    }
}

/// Returns the condition that a field is one of `values`, such as statuses, categories or suppliers.
#[must_use]
pub fn one_of(field: &str, values: &[String]) -> Condition {
    let values = values.iter().map(|value| serde_json::Value::from(value.as_str())).collect();
    Condition { field: field.to_owned(), op: Op::In, value: serde_json::Value::Array(values) }
}
