//! The catalogue as it stands at one moment, read page by page: an export sees no half of a change, and its memory
//! does not grow with the catalogue but for the ids of what is wanted.
//!
//! Products come in the order of their ids, each with those of its variants that are wanted. A variant that is wanted brings its
//! parent along, whether or not the parent is wanted itself: without it no channel can show it.

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

/// Which products an export wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotQuery {
    /// These only, at most 10,000; all without.
    pub ids: Option<Vec<Uuid>>,
    /// What they have in common.
    pub query: ProductQuery,
    /// Only those that changed in or after this transaction, with the variants and parents of what changed.
    pub changed_from: Option<i64>,
    /// So many products, to try something.
    pub sample: Option<i64>,
}

/// A read-only transaction over one tenant's products.
pub struct Snapshot {
    tx: TenantTx,
    tenant: TenantId,
    /// The product or the parent, and what is wanted of it: itself or a variant.
    wanted: Vec<(Uuid, Uuid)>,
    place: usize,
    watermark: i64,
}

/// A product, and its variants that are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductGroup {
    /// The product, or the parent.
    pub product: Product,
    /// Whether the product itself is wanted; a parent may only be here for its variants.
    pub wanted: bool,
    /// Its variants, in the order of their ids.
    pub variants: Vec<Product>,
}

impl CatalogDb {
    /// Opens a snapshot of the products that are wanted.
    ///
    /// # Errors
    /// 422 for a condition that makes no sense.
    pub async fn snapshot(&self, tenant: TenantId, wanted: &SnapshotQuery) -> Result<Snapshot> {
        let begin = format!("begin isolation level repeatable read read only; set local app.tenant_id = '{tenant}'");
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
        // What is committed later than this snapshot was begun by then at the earliest in this transaction.
        let watermark =
            sqlx::query_scalar!("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as \"watermark!\"");
        let watermark = watermark.fetch_one(&mut *tx).await.map_err(error)?;
        Ok(Snapshot { tx, tenant, wanted: found, place: 0, watermark })
    }

    /// How many products and variants are wanted, counted up to `most`.
    ///
    /// # Errors
    /// 422 for a condition that makes no sense.
    pub async fn count_wanted(&self, tenant: TenantId, wanted: &SnapshotQuery, most: i64) -> Result<i64> {
        let mut tx = begin(&self.pool, tenant).await?;
        let mut sql = sql(&mut tx, tenant, wanted, "select count(*) from (").await?;
        sql.push(" limit ").push_bind(most).push(") wanted");
        let counted = sql.build().fetch_one(&mut *tx).await.map_err(condition_error)?;
        counted.try_get(0).map_err(error)
    }
}

/// The wanted products as `root` (the product, or its parent) and `product_id`, behind `before`.
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
        // All that is wanted is sorted for it; whole products are what a sample is of.
        sql.push(", dense_rank() over (order by coalesce(parent_id, product_id)) as place");
    }
    from_where(&mut sql, &query.filter, &trees)?;
    push_search(&mut sql, tx, tenant, query).await?;
    if let Some(ids) = &wanted.ids {
        // A parent that is picked means its variants too.
        sql.push(" and (product_id = any(").push_bind(ids.clone());
        sql.push(") or parent_id = any(").push_bind(ids.clone()).push("))");
    }
    if let Some(from) = wanted.changed_from {
        // Through the index of changes: a product, and those that belong to it.
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
    /// How many products and variants are wanted. A parent that is not wanted itself is not counted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.wanted.len()
    }

    /// The transaction from which on changes are not in the snapshot; some of those before it may come twice.
    #[must_use]
    pub fn watermark(&self) -> i64 {
        self.watermark
    }

    /// The next products, about `limit` of them and their variants together; none at the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next(&mut self, limit: usize) -> Result<Vec<ProductGroup>> {
        let rest = &self.wanted[self.place..];
        let mut end = limit.min(rest.len());
        // A product and its variants are not parted.
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

    /// Every category by its id, as the names from the root down; in a language where it has a name.
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

    /// The organisation's attributes, in the order of their codes.
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

/// The condition that products have one of these statuses, or that they are in one of these categories, or of these suppliers.
#[must_use]
pub fn one_of(field: &str, values: &[String]) -> Condition {
    let values = values.iter().map(|value| serde_json::Value::from(value.as_str())).collect();
    Condition { field: field.to_owned(), op: Op::In, value: serde_json::Value::Array(values) }
}
