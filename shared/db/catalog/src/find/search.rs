//! Lists of products: filtered, sorted, searched, counted.

use std::collections::{BTreeMap, HashMap};

use db_tenancy::{TenantTx, begin, error};
use product::Product;
use runtime::{Cursor, Error, PageQuery, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Postgres, QueryBuilder, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::CatalogDb;
use crate::find::filter::{Condition, Op};
use crate::find::words::{Words, push_code, push_words, similar_words, understand};
use crate::products::read::{COLUMNS, product};

/// A search for products: words, conditions and the order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProductQuery {
    /// Words, or a code. Accents, case and small misspellings do not matter; a product with exactly this SKU or EAN
    /// comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Conditions; a product must meet all of them. Products in the trash are only found with a condition on `trashed`.
    pub filter: Vec<Condition>,
    /// The order. Default: with words the best match first, without words the newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// Whether the order is reversed.
    pub descending: bool,
}

/// The field by which products are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The time of creation.
    CreatedAt,
    /// The time of the last change.
    UpdatedAt,
    /// The title.
    Title,
    /// The price; products without a known price come last.
    Price,
    /// The stock; products without a known stock come last.
    Stock,
    /// The completeness.
    Completeness,
}

/// A page of products.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProductPage {
    /// The products.
    pub data: Vec<Product>,
    /// The cursor of the next page, to be sent as `cursor`; `null` on the last page.
    pub next_cursor: Option<String>,
    /// How many products are on all pages, if `count` was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
    /// Words that no product has, and the similar words that were searched instead.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub corrected: BTreeMap<String, Vec<String>>,
}

/// How many products there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Total {
    /// The number.
    pub count: i64,
    /// Whether the number is exact; above 10,000 it is estimated.
    pub exact: bool,
}

/// The most products that are counted exactly.
const MOST_COUNTED: i64 = 10_000;
/// The most matches that are ranked. A search for words that more products have needs filters.
const MOST_RANKED: i64 = 2_000;
/// The most products on all pages of a search for words.
const MOST_FOUND: i64 = 1_000;

impl Sort {
    /// Returns the column, its type, and whether it may be null.
    const fn column(self) -> (&'static str, &'static str, bool) {
        match self {
            Sort::CreatedAt => ("product_id", "uuid", false),
            Sort::UpdatedAt => ("updated_at", "timestamptz", false),
            Sort::Title => ("left(lower(title), 100) collate \"C\"", "text", false),
            Sort::Price => ("price", "numeric", true),
            Sort::Stock => ("stock", "integer", true),
            Sort::Completeness => ("completeness", "smallint", false),
        }
    }
}

/// The end of a page of a sorted list: the value (`None` if not known) and the id of its last product.
#[derive(Serialize, Deserialize)]
struct Place(Option<String>, Uuid);

impl CatalogDb {
    /// Returns a page of the products that `query` finds; with `count`, also their total.
    ///
    /// # Errors
    /// 422 for an invalid condition; 400 for a cursor of another list.
    pub async fn find_products(
        &self,
        tenant: TenantId,
        query: &ProductQuery,
        page: &PageQuery,
        count: bool,
    ) -> Result<ProductPage> {
        let mut tx = begin(&self.pool, tenant).await?;
        let trees = Subtrees::read(&mut tx, tenant, &query.filter).await?;
        let text = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let mut found = match text {
            Some(text) => search(&mut tx, tenant, text, query, &trees, page).await?,
            None => list(&mut tx, query, &trees, page).await?,
        };
        if count {
            let words = match text {
                Some(text) => Some(understand(&mut tx, tenant, text, &found.corrected).await?),
                None => None,
            };
            found.total = Some(total(&mut tx, query, &trees, words.as_ref()).await?);
        }
        Ok(found)
    }
}

impl CatalogDb {
    /// Returns the query plan of the first page of `query`, with times. For measurements.
    ///
    /// # Errors
    /// Those of [`CatalogDb::find_products`].
    pub async fn explain_products(&self, tenant: TenantId, query: &ProductQuery) -> Result<String> {
        let mut tx = begin(&self.pool, tenant).await?;
        let trees = Subtrees::read(&mut tx, tenant, &query.filter).await?;
        let mut sql = QueryBuilder::new("explain (analyze, buffers) ");
        match query.q.as_deref() {
            Some(text) => {
                let words = understand(&mut tx, tenant, text, &BTreeMap::new()).await?;
                push_ranked(&mut sql, &words, query, &trees)?;
            }
            None => {
                let (sort, descending) =
                    query.sort.map_or((Sort::CreatedAt, !query.descending), |sort| (sort, query.descending));
                let direction = if descending { "desc" } else { "asc" };
                let (column, _, nullable) = sort.column();
                sql.push(format!("select {COLUMNS}"));
                from_where(&mut sql, &query.filter, &trees)?;
                if nullable {
                    sql.push(format!(" and {column} is not null"));
                }
                sql.push(format!(" order by {column} {direction}, product_id {direction} limit 51"));
            }
        }
        let lines: Vec<String> = sql.build_query_scalar().fetch_all(&mut *tx).await.map_err(condition_error)?;
        Ok(lines.join("\n"))
    }
}

/// The most bytes on a page: an answer of a function has at most 6 MB.
const MOST_BYTES: usize = 4_000_000;

/// Returns how many of these products fit into one answer, at least one.
pub(crate) fn fitting(products: &[Product]) -> usize {
    let bytes = |product: &Product| {
        let content = &product.content;
        let texts = [&content.description, &content.short_description, &content.seo_description];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let parts = serde_json::to_string(&(&content.attributes, &content.texts, &content.image_urls))
            .map_or(0, |json| json.len());
        2_000 + texts + parts
    };
    let mut total = 0;
    let within = products.iter().take_while(|product| {
        total += bytes(product);
        total <= MOST_BYTES
    });
    within.count().max(1).min(products.len())
}

/// The categories that conditions name, each with the ids of itself and of all categories below it.
pub(crate) struct Subtrees(HashMap<Uuid, Vec<Uuid>>);

impl Subtrees {
    pub(crate) async fn read(tx: &mut TenantTx, tenant: TenantId, conditions: &[Condition]) -> Result<Self> {
        let of_category = conditions.iter().filter(|condition| condition.field == "category_ids");
        let values = of_category.flat_map(|condition| match &condition.value {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        });
        let ids: Vec<Uuid> = values.filter_map(|value| value.as_str()?.parse().ok()).collect();
        let mut below: HashMap<Uuid, Vec<Uuid>> = ids.iter().map(|id| (*id, vec![*id])).collect();
        if !ids.is_empty() {
            let rows = sqlx::query!("select category_id, path from categories where tenant_id = $1", tenant.0);
            for row in rows.fetch_all(&mut **tx).await.map_err(error)? {
                for ancestor in row.path.iter().filter(|ancestor| **ancestor != row.category_id) {
                    if let Some(known) = below.get_mut(ancestor) {
                        known.push(row.category_id);
                    }
                }
            }
        }
        Ok(Self(below))
    }

    fn of(&self, id: Uuid) -> Vec<Uuid> {
        self.0.get(&id).cloned().unwrap_or_else(|| vec![id])
    }
}

/// Adds ` from found_products where …` with the conditions.
pub(crate) fn from_where(sql: &mut QueryBuilder<Postgres>, conditions: &[Condition], trees: &Subtrees) -> Result<()> {
    sql.push(" from found_products where true");
    if !conditions.iter().any(|condition| condition.field.starts_with("trashed")) {
        sql.push(" and trashed_at is null");
    }
    for condition in conditions {
        condition.push(sql, &|id| trees.of(id))?;
    }
    Ok(())
}

async fn list(tx: &mut TenantTx, query: &ProductQuery, trees: &Subtrees, page: &PageQuery) -> Result<ProductPage> {
    let limit = page.limit()?;
    // Default order: the newest first.
    let (sort, descending) = query.sort.map_or((Sort::CreatedAt, !query.descending), |sort| (sort, query.descending));
    let (column, kind, nullable) = sort.column();
    let place: Option<Place> = match page.after_text()? {
        Some(text) => Some(serde_json::from_str(&text).map_err(|_| unknown_cursor())?),
        None => None,
    };
    let (direction, beyond) = if descending { ("desc", "<") } else { ("asc", ">") };
    let mut rows = Vec::new();
    // First the products whose value is known, in its order, then the others.
    for known in [true, false] {
        let wanted = limit + 1 - i64::try_from(rows.len()).unwrap_or_default();
        let passed = known && place.as_ref().is_some_and(|place| place.0.is_none());
        if wanted == 0 || passed || (!known && !nullable) {
            continue;
        }
        let mut sql = QueryBuilder::new(format!("select {COLUMNS}, ({column})::text as sorted_by"));
        from_where(&mut sql, &query.filter, trees)?;
        if nullable {
            sql.push(format!(" and {column} is {}null", if known { "not " } else { "" }));
        }
        match &place {
            Some(Place(Some(value), id)) if known => {
                sql.push(format!(" and ({column}, product_id) {beyond} ("))
                    .push_bind(value.clone())
                    .push(format!("::{kind}, "))
                    .push_bind(*id)
                    .push(")");
            }
            Some(Place(None, id)) => {
                sql.push(format!(" and product_id {beyond} ")).push_bind(*id);
            }
            _ => {}
        }
        let order = if known {
            format!("{column} {direction}, product_id {direction}")
        } else {
            format!("product_id {direction}")
        };
        sql.push(format!(" order by {order} limit ")).push_bind(wanted);
        rows.extend(sql.build().fetch_all(&mut **tx).await.map_err(condition_error)?);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let all = rows.len();
    rows.truncate(limit);
    let mut data = rows.iter().map(product).collect::<sqlx::Result<Vec<_>>>().map_err(error)?;
    data.truncate(fitting(&data));
    let next_cursor = match rows.get(data.len().wrapping_sub(1)).filter(|_| all > data.len()) {
        Some(last) => {
            let place = Place(last.try_get("sorted_by").map_err(error)?, last.try_get("product_id").map_err(error)?);
            Some(Cursor::Text(serde_json::to_string(&place).map_err(Error::internal)?).encode())
        }
        None => None,
    };
    Ok(ProductPage { data, next_cursor, total: None, corrected: BTreeMap::new() })
}

async fn search(
    tx: &mut TenantTx,
    tenant: TenantId,
    text: &str,
    query: &ProductQuery,
    trees: &Subtrees,
    page: &PageQuery,
) -> Result<ProductPage> {
    if text.chars().count() > 200 {
        return Err(Error::invalid("q", "value_too_long", messages::catalog::search_too_long()));
    }
    if query.sort.is_some() {
        return Err(Error::invalid("sort", "invalid", messages::catalog::search_sorted()));
    }
    let (limit, begin_at) = (page.limit()?, page.after_number()?.unwrap_or_default());
    let mut corrected = BTreeMap::new();
    let mut words = understand(tx, tenant, text, &corrected).await?;
    let mut ids = matches(tx, &words, query, trees).await?;
    if ids.is_empty() {
        corrected = similar_words(tx, tenant, text).await?;
        if !corrected.is_empty() {
            words = understand(tx, tenant, text, &corrected).await?;
            ids = matches(tx, &words, query, trees).await?;
        }
    }
    let begin = usize::try_from(begin_at).map_err(|_| unknown_cursor())?.min(ids.len());
    let end = begin.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(ids.len());
    let wanted = &ids[begin..end];
    let select = format!(
        "select {COLUMNS} from found_products where product_id = any($1) order by array_position($1, product_id)"
    );
    let rows = sqlx::query(AssertSqlSafe(select)).bind(wanted).fetch_all(&mut **tx).await.map_err(error)?;
    let mut data = rows.iter().map(product).collect::<sqlx::Result<Vec<_>>>().map_err(error)?;
    let fit = fitting(&data);
    let end = if fit < data.len() { begin + fit } else { end };
    data.truncate(fit);
    let end = i64::try_from(end).unwrap_or(i64::MAX);
    let next_cursor = (end < i64::try_from(ids.len()).unwrap_or_default()).then(|| Cursor::Number(end).encode());
    if data.is_empty() {
        corrected.clear();
    }
    Ok(ProductPage { data, next_cursor, total: None, corrected })
}

/// Returns the ids of the products that match, the best match first.
async fn matches(tx: &mut TenantTx, words: &Words, query: &ProductQuery, trees: &Subtrees) -> Result<Vec<Uuid>> {
    let mut ids = Vec::new();
    if let Some(code) = &words.code {
        let mut sql = QueryBuilder::new("select product_id");
        from_where(&mut sql, &query.filter, trees)?;
        sql.push(" and ");
        push_code(&mut sql, code);
        sql.push(" limit 10");
        let rows = sql.build().fetch_all(&mut **tx).await.map_err(condition_error)?;
        ids = rows.iter().map(|row| row.try_get(0)).collect::<sqlx::Result<Vec<Uuid>>>().map_err(error)?;
    }
    if words.query.is_empty() {
        return Ok(ids);
    }
    let mut sql = QueryBuilder::new("");
    push_ranked(&mut sql, words, query, trees)?;
    let rows = sql.build().fetch_all(&mut **tx).await.map_err(condition_error)?;
    for row in rows {
        let id = row.try_get(0).map_err(error)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Adds the statement that selects the ids of products with the words, and their rank. If very many match, only
/// [`MOST_RANKED`] of them are ranked.
fn push_ranked(sql: &mut QueryBuilder<Postgres>, words: &Words, query: &ProductQuery, trees: &Subtrees) -> Result<()> {
    sql.push(format!("select product_id, ts_rank_cd(words, {}) as rank from (select product_id, words", words.query));
    from_where(sql, &query.filter, trees)?;
    sql.push(format!(" and words @@ ({}) limit {MOST_RANKED}) as found", words.query));
    sql.push(format!(" order by rank desc, product_id desc limit {MOST_FOUND}"));
    Ok(())
}

async fn total(tx: &mut TenantTx, query: &ProductQuery, trees: &Subtrees, words: Option<&Words>) -> Result<Total> {
    let mut sql = QueryBuilder::new("select count(*) from (select 1");
    from_where(&mut sql, &query.filter, trees)?;
    if let Some(words) = words {
        push_words(&mut sql, words);
    }
    sql.push(format!(" limit {}) as found", MOST_COUNTED + 1));
    let count: i64 = sql.build_query_scalar().fetch_one(&mut **tx).await.map_err(condition_error)?;
    if count <= MOST_COUNTED {
        return Ok(Total { count, exact: true });
    }
    let mut sql = QueryBuilder::new("explain (format json) select 1");
    from_where(&mut sql, &query.filter, trees)?;
    if let Some(words) = words {
        push_words(&mut sql, words);
    }
    let plan: Value = sql.build_query_scalar().fetch_one(&mut **tx).await.map_err(condition_error)?;
    let estimated = plan.pointer("/0/Plan/Plan Rows").and_then(Value::as_i64).unwrap_or_default();
    Ok(Total { count: estimated.max(count), exact: false })
}

impl ProductQuery {
    /// Checks the conditions.
    ///
    /// # Errors
    /// 422 for the first condition that is invalid.
    pub fn check(&self) -> Result<()> {
        if self.q.as_deref().unwrap_or_default().contains('\0') {
            return Err(Error::invalid("q", "invalid", messages::catalog::search_with_nul()));
        }
        if self.filter.len() > 50 {
            return Err(Error::invalid("filter", "too_many", messages::catalog::too_many_conditions()));
        }
        let mut sql = QueryBuilder::new("");
        self.filter.iter().try_for_each(|condition| condition.push(&mut sql, &|id| vec![id]))
    }

    /// Adds a condition if there is a value to compare with.
    pub fn and(&mut self, field: &str, op: Op, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.filter.push(Condition { field: field.to_owned(), op, value: value.into() });
        }
    }
}

/// Returns the error of a failed search: 422 for a number or a time that PostgreSQL does not accept, which is the
/// caller's mistake.
pub(crate) fn condition_error(failed: sqlx::Error) -> Error {
    let code = failed.as_database_error().and_then(|database| database.code()).unwrap_or_default().into_owned();
    match code.as_str() {
        "22003" | "22008" | "22021" | "22P02" | "22007" => {
            Error::invalid("filter", "out_of_range", messages::catalog::filter_out_of_range())
        }
        _ => error(failed),
    }
}

fn unknown_cursor() -> Error {
    Error::BadRequest { code: "cursor_invalid", message: messages::catalog::list_cursor_invalid() }
}
