//! A batch of an import's rows, written as a set.
//!
//! A batch is written in one transaction, together with the note that it was written and what came of it. Delivered
//! again, it finds the note, changes nothing and gives the same outcome; so the job's database, which no transaction
//! shares, can always be told.

use std::collections::HashMap;
use std::time::Duration;

use db_tenancy::{TenantTx, begin, is_race};
use product::{Field, ImportMode, Outcome, ProductRow, ProductStatus, RowError};
use runtime::{Result, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CatalogDb;

/// A valid row and its number in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// As the spreadsheet shows it.
    pub number: i32,
    /// The values.
    pub product: ProductRow,
}

/// Rows that are written together.
pub struct Batch {
    /// The batch, the same at each delivery.
    pub id: Uuid,
    /// The import it belongs to.
    pub import: Uuid,
    /// The supplier of its products.
    pub supplier: Option<Uuid>,
    /// What to do with products that are there.
    pub mode: ImportMode,
    /// The valid rows, no two with the same SKU or GTIN.
    pub rows: Vec<BatchRow>,
    /// What is known already: rows that were rejected or skipped before.
    pub before: Outcome,
}

const MAX_TRIES: u64 = 5;

impl CatalogDb {
    /// Writes a batch, or finds that it was written; gives what came of it.
    ///
    /// # Errors
    /// When the database does not answer, or other transactions were faster five times in a row.
    pub async fn apply(&self, tenant: TenantId, batch: &Batch, now: OffsetDateTime) -> Result<Outcome> {
        let mut attempt = 1;
        loop {
            let tx = begin(&self.pool, tenant).await?;
            match try_apply(tx, tenant, batch, now).await {
                Ok(outcome) => return Ok(outcome),
                Err(failed) if is_race(&failed) && attempt < MAX_TRIES => {
                    tracing::info!(attempt, error = %failed, "another transaction was faster; the batch is tried again");
                    // The batch's id is random at its end: two batches that met do not meet again.
                    let jitter = u64::from(batch.id.as_bytes()[15]);
                    tokio::time::sleep(Duration::from_millis(attempt * 50 + jitter)).await;
                    attempt += 1;
                }
                Err(failed) => return Err(db_tenancy::error(failed)),
            }
        }
    }
}

async fn try_apply(mut tx: TenantTx, tenant: TenantId, batch: &Batch, now: OffsetDateTime) -> sqlx::Result<Outcome> {
    if let Some(outcome) = noted_outcome(&mut tx, tenant, batch.id).await? {
        return Ok(outcome);
    }
    let known = known_products(&mut tx, tenant, &batch.rows).await?;
    let mut outcome = batch.before.clone();
    let plan = sort(batch, &known, &mut outcome);

    insert(&mut tx, tenant, batch, &plan.created, now).await?;
    let changed = update(&mut tx, tenant, batch, &plan.updated, now).await?;
    outcome.created += count(plan.created.len());
    outcome.updated += changed;
    outcome.unchanged += count(plan.updated.len()) - changed;

    sqlx::query!(
        "insert into applied_batches (tenant_id, batch_id, import_id, outcome, applied_at) values ($1, $2, $3, $4, $5)",
        tenant.0,
        batch.id,
        batch.import,
        sqlx::types::Json(&outcome) as _,
        now
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(outcome)
}

/// The outcome of a batch that was written before. Two deliveries of one batch wait for each other here.
async fn noted_outcome(tx: &mut TenantTx, tenant: TenantId, batch: Uuid) -> sqlx::Result<Option<Outcome>> {
    let lock = i64::from_be_bytes(batch.as_bytes()[8..].try_into().unwrap_or_default());
    sqlx::query!("select pg_advisory_xact_lock($1)", lock).execute(&mut **tx).await?;
    let noted = sqlx::query_scalar!(
        "select outcome as \"outcome: sqlx::types::Json<Outcome>\" from applied_batches where tenant_id = $1 and batch_id = $2",
        tenant.0,
        batch
    );
    Ok(noted.fetch_optional(&mut **tx).await?.map(|outcome| outcome.0))
}

/// A product that a row may mean.
struct Known {
    id: Uuid,
    sku: Option<String>,
    gtin14: Option<String>,
    import_id: Option<Uuid>,
    import_row: Option<i32>,
}

/// The products with one of the rows' codes, locked in the order of their ids.
async fn known_products(tx: &mut TenantTx, tenant: TenantId, rows: &[BatchRow]) -> sqlx::Result<Vec<Known>> {
    let skus: Vec<String> =
        rows.iter().filter_map(|row| row.product.sku.as_ref().map(|sku| sku.as_str().to_owned())).collect();
    let gtins: Vec<String> =
        rows.iter().filter_map(|row| row.product.ean.as_ref().map(product::Gtin::to_gtin14)).collect();
    // In two steps, each by an index whatever the statistics say: of a table that grew since it was last analysed the
    // planner believes that a tenant has few rows, and would read all of them for every batch.
    let ids = sqlx::query_scalar!(
        "select product_id as \"id!\" from products where tenant_id = $1 and sku = any($2)
         union select product_id from products where tenant_id = $1 and gtin14 = any($3)",
        tenant.0,
        &skus,
        &gtins
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query_as!(
        Known,
        "select product_id as id, sku, gtin14, import_id, import_row from products
         where tenant_id = $1 and product_id = any($2) order by product_id for update",
        tenant.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await
}

/// Which rows make a product and which change one.
struct Plan<'b> {
    created: Vec<&'b BatchRow>,
    updated: Vec<(Uuid, &'b BatchRow)>,
}

fn sort<'b>(batch: &'b Batch, known: &[Known], outcome: &mut Outcome) -> Plan<'b> {
    let by_sku: HashMap<&str, &Known> = known.iter().filter_map(|known| Some((known.sku.as_deref()?, known))).collect();
    let by_gtin: HashMap<&str, &Known> =
        known.iter().filter_map(|known| Some((known.gtin14.as_deref()?, known))).collect();
    let mut plan = Plan { created: Vec::new(), updated: Vec::new() };
    let mut updates: HashMap<Uuid, &BatchRow> = HashMap::new();
    for row in &batch.rows {
        let of_sku = row.product.sku.as_ref().and_then(|sku| by_sku.get(sku.as_str()).copied());
        let of_gtin = row.product.ean.as_ref().and_then(|ean| by_gtin.get(ean.to_gtin14().as_str()).copied());
        let found = match (of_sku, of_gtin) {
            (None, None) => None,
            (Some(by_sku), Some(by_gtin)) if by_sku.id != by_gtin.id => {
                outcome.reject(row.number, vec![conflict(row, by_gtin)]);
                continue;
            }
            (None, Some(by_gtin)) if row.product.sku.is_some() && by_gtin.sku.is_some() => {
                outcome.reject(row.number, vec![conflict(row, by_gtin)]);
                continue;
            }
            (by_sku, by_gtin) => by_sku.or(by_gtin),
        };
        match found {
            None => plan.created.push(row),
            Some(_) if batch.mode != ImportMode::Update => {
                outcome.skipped += 1;
            }
            Some(known) if known.import_id == Some(batch.import) && known.import_row > Some(row.number) => {
                outcome.supersede(row.number, known.import_row.unwrap_or_default());
            }
            Some(known) => {
                if let Some(earlier) = updates.insert(known.id, row) {
                    outcome.supersede(earlier.number, row.number);
                }
            }
        }
    }
    plan.updated = updates.into_iter().collect();
    // Every transaction takes its locks in the same order.
    plan.updated.sort_unstable_by_key(|(id, _)| *id);
    plan
}

fn conflict(row: &BatchRow, owner: &Known) -> RowError {
    let ean = row.product.ean.as_ref().map(product::Gtin::as_str).unwrap_or_default();
    let sku = row.product.sku.as_ref().map(product::Sku::as_str).unwrap_or_default();
    let owner = owner.sku.as_deref().unwrap_or("none");
    let message = format!(
        "the EAN {ean} belongs to the product with the SKU {owner}, the row says SKU {sku}; correct one of the two codes"
    );
    RowError::field(Field::Ean, "identifier_conflict", message, ean)
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// The rows' values, a column each, for `unnest`.
#[derive(Default)]
struct Columns {
    number: Vec<i32>,
    sku: Vec<Option<String>>,
    ean: Vec<Option<String>>,
    title: Vec<String>,
    description: Vec<Option<String>>,
    short_description: Vec<Option<String>>,
    brand: Vec<Option<String>>,
    category: Vec<Option<String>>,
    price: Vec<Option<rust_decimal::Decimal>>,
    net_price: Vec<Option<rust_decimal::Decimal>>,
    compare_at_price: Vec<Option<rust_decimal::Decimal>>,
    cost_price: Vec<Option<rust_decimal::Decimal>>,
    currency: Vec<Option<String>>,
    stock: Vec<Option<i32>>,
    weight_grams: Vec<Option<rust_decimal::Decimal>>,
    /// A line for each address, because `unnest` takes no arrays of arrays.
    image_urls: Vec<Option<String>>,
    supplier_reference: Vec<Option<String>>,
    status: Vec<Option<String>>,
}

impl<'r> FromIterator<&'r BatchRow> for Columns {
    fn from_iter<I: IntoIterator<Item = &'r BatchRow>>(rows: I) -> Self {
        let mut columns = Columns::default();
        for row in rows {
            let product = row.product.clone();
            columns.number.push(row.number);
            columns.sku.push(product.sku.map(String::from));
            columns.ean.push(product.ean.map(String::from));
            columns.title.push(product.title);
            columns.description.push(product.description);
            columns.short_description.push(product.short_description);
            columns.brand.push(product.brand);
            columns.category.push(product.category);
            columns.price.push(product.price);
            columns.net_price.push(product.net_price);
            columns.compare_at_price.push(product.compare_at_price);
            columns.cost_price.push(product.cost_price);
            columns.currency.push(product.currency.map(String::from));
            columns.stock.push(product.stock);
            columns.weight_grams.push(product.weight_grams);
            columns.image_urls.push(product.image_urls.map(|urls| urls.join("\n")));
            columns.supplier_reference.push(product.supplier_reference);
            columns.status.push(product.status.map(|status| status.as_str().to_owned()));
        }
        columns
    }
}

async fn insert(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    rows: &[&BatchRow],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|_| Uuid::now_v7()).collect();
    let columns: Columns = rows.iter().copied().collect();
    sqlx::query!(
        "insert into products (tenant_id, product_id, sku, ean, title, description, short_description, brand, category,
                price, net_price, compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_id,
                supplier_reference, status, created_at, updated_at, import_id, import_row)
         select $1, r.id, r.sku, r.ean, r.title, r.description, r.short_description, r.brand, r.category,
                r.price, r.net_price, r.compare_at_price, r.cost_price, r.currency, r.stock, r.weight_grams,
                coalesce(string_to_array(r.image_urls, E'\\n'), '{}'), $2, r.supplier_reference,
                coalesce(r.status, $3), $4, $4, $5, r.number
         from unnest($6::uuid[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
                     $14::text[], $15::numeric[], $16::numeric[], $17::numeric[], $18::numeric[], $19::text[], $20::int[],
                     $21::numeric[], $22::text[], $23::text[], $24::text[])
              as r(id, number, sku, ean, title, description, short_description, brand, category, price, net_price,
                   compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_reference, status)",
        tenant.0,
        batch.supplier,
        ProductStatus::default().as_str(),
        now,
        batch.import,
        &ids,
        &columns.number,
        &columns.sku as _,
        &columns.ean as _,
        &columns.title,
        &columns.description as _,
        &columns.short_description as _,
        &columns.brand as _,
        &columns.category as _,
        &columns.price as _,
        &columns.net_price as _,
        &columns.compare_at_price as _,
        &columns.cost_price as _,
        &columns.currency as _,
        &columns.stock as _,
        &columns.weight_grams as _,
        &columns.image_urls as _,
        &columns.supplier_reference as _,
        &columns.status as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes what differs; gives how many products did.
async fn update(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    rows: &[(Uuid, &BatchRow)],
    now: OffsetDateTime,
) -> sqlx::Result<i32> {
    if rows.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
    let columns: Columns = rows.iter().map(|(_, row)| *row).collect();
    let done = sqlx::query!(
        "update products p set
             sku = n.sku, ean = n.ean, title = n.title, description = n.description,
             short_description = n.short_description, brand = n.brand, category = n.category, price = n.price,
             net_price = n.net_price, compare_at_price = n.compare_at_price, cost_price = n.cost_price,
             currency = n.currency, stock = n.stock, weight_grams = n.weight_grams, image_urls = n.image_urls,
             supplier_id = n.supplier_id, supplier_reference = n.supplier_reference, status = n.status,
             updated_at = $3, import_id = $4, import_row = n.number
         from (
             select o.product_id, r.number, coalesce(r.sku, o.sku) as sku, coalesce(r.ean, o.ean) as ean, r.title,
                    coalesce(r.description, o.description) as description,
                    coalesce(r.short_description, o.short_description) as short_description,
                    coalesce(r.brand, o.brand) as brand, coalesce(r.category, o.category) as category,
                    coalesce(r.price, o.price) as price, coalesce(r.net_price, o.net_price) as net_price,
                    coalesce(r.compare_at_price, o.compare_at_price) as compare_at_price,
                    coalesce(r.cost_price, o.cost_price) as cost_price, coalesce(r.currency, o.currency) as currency,
                    coalesce(r.stock, o.stock) as stock, coalesce(r.weight_grams, o.weight_grams) as weight_grams,
                    coalesce(string_to_array(r.image_urls, E'\\n'), o.image_urls) as image_urls,
                    coalesce($2, o.supplier_id) as supplier_id,
                    coalesce(r.supplier_reference, o.supplier_reference) as supplier_reference,
                    coalesce(r.status, o.status) as status
             from unnest($5::uuid[], $6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
                         $13::text[], $14::numeric[], $15::numeric[], $16::numeric[], $17::numeric[], $18::text[],
                         $19::int[], $20::numeric[], $21::text[], $22::text[], $23::text[])
                  as r(id, number, sku, ean, title, description, short_description, brand, category, price, net_price,
                       compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_reference, status)
             join products o on o.tenant_id = $1 and o.product_id = r.id and o.product_id = any($5)
         ) n
         where p.tenant_id = $1 and p.product_id = n.product_id and p.product_id = any($5)
           and (p.sku, p.ean, p.title, p.description, p.short_description, p.brand, p.category, p.price, p.net_price,
                p.compare_at_price, p.cost_price, p.currency, p.stock, p.weight_grams, p.image_urls, p.supplier_id,
                p.supplier_reference, p.status)
               is distinct from
               (n.sku, n.ean, n.title, n.description, n.short_description, n.brand, n.category, n.price, n.net_price,
                n.compare_at_price, n.cost_price, n.currency, n.stock, n.weight_grams, n.image_urls, n.supplier_id,
                n.supplier_reference, n.status)",
        tenant.0,
        batch.supplier,
        now,
        batch.import,
        &ids,
        &columns.number,
        &columns.sku as _,
        &columns.ean as _,
        &columns.title,
        &columns.description as _,
        &columns.short_description as _,
        &columns.brand as _,
        &columns.category as _,
        &columns.price as _,
        &columns.net_price as _,
        &columns.compare_at_price as _,
        &columns.cost_price as _,
        &columns.currency as _,
        &columns.stock as _,
        &columns.weight_grams as _,
        &columns.image_urls as _,
        &columns.supplier_reference as _,
        &columns.status as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(i32::try_from(done.rows_affected()).unwrap_or(i32::MAX))
}
