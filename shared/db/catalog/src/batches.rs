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
use rust_decimal::Decimal;
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
    let written = sort(batch, known, &mut outcome);
    write(&mut tx, tenant, batch.import, written, now).await?;

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

/// A product with everything that a row can change, and the row that wrote it last.
#[derive(Clone, Default)]
struct Stored {
    id: Uuid,
    sku: Option<String>,
    ean: Option<String>,
    gtin14: Option<String>,
    title: String,
    description: Option<String>,
    short_description: Option<String>,
    brand: Option<String>,
    category: Option<String>,
    price: Option<Decimal>,
    net_price: Option<Decimal>,
    compare_at_price: Option<Decimal>,
    cost_price: Option<Decimal>,
    currency: Option<String>,
    stock: Option<i32>,
    weight_grams: Option<Decimal>,
    image_urls: Vec<String>,
    supplier_id: Option<Uuid>,
    supplier_reference: Option<String>,
    status: String,
    import_id: Option<Uuid>,
    import_row: Option<i32>,
}

impl Stored {
    /// The product that a row makes.
    fn new(row: &BatchRow, supplier: Option<Uuid>) -> Self {
        let status = ProductStatus::default().as_str().to_owned();
        let mut product = Self { id: Uuid::now_v7(), status, import_row: Some(row.number), ..Self::default() };
        product.take(&row.product, supplier);
        product
    }

    /// Takes over what the row says and leaves the rest; gives whether anything is different now.
    fn take(&mut self, row: &ProductRow, supplier: Option<Uuid>) -> bool {
        // `|` and not `||`: every field is to be taken over.
        put(&mut self.title, &row.title)
            | fill(&mut self.sku, row.sku.clone().map(String::from).as_ref())
            | fill(&mut self.ean, row.ean.clone().map(String::from).as_ref())
            | fill(&mut self.description, row.description.as_ref())
            | fill(&mut self.short_description, row.short_description.as_ref())
            | fill(&mut self.brand, row.brand.as_ref())
            | fill(&mut self.category, row.category.as_ref())
            | fill(&mut self.price, row.price.as_ref())
            | fill(&mut self.net_price, row.net_price.as_ref())
            | fill(&mut self.compare_at_price, row.compare_at_price.as_ref())
            | fill(&mut self.cost_price, row.cost_price.as_ref())
            | fill(&mut self.currency, row.currency.map(String::from).as_ref())
            | fill(&mut self.stock, row.stock.as_ref())
            | fill(&mut self.weight_grams, row.weight_grams.as_ref())
            | row.image_urls.as_ref().is_some_and(|urls| put(&mut self.image_urls, urls))
            | fill(&mut self.supplier_id, supplier.as_ref())
            | fill(&mut self.supplier_reference, row.supplier_reference.as_ref())
            | row.status.is_some_and(|status| put(&mut self.status, &status.as_str().to_owned()))
    }
}

/// Puts `new` in the place; gives whether another value stood there.
fn put<T: PartialEq + Clone>(place: &mut T, new: &T) -> bool {
    let differs = *place != *new;
    if differs {
        place.clone_from(new);
    }
    differs
}

/// Puts `new`, if there is one, in the place; gives whether another value stood there.
fn fill<T: PartialEq + Clone>(place: &mut Option<T>, new: Option<&T>) -> bool {
    new.is_some_and(|new| {
        let differs = place.as_ref() != Some(new);
        if differs {
            *place = Some(new.clone());
        }
        differs
    })
}

/// The products with one of the rows' codes, locked in the order of their ids.
async fn known_products(tx: &mut TenantTx, tenant: TenantId, rows: &[BatchRow]) -> sqlx::Result<Vec<Stored>> {
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
        Stored,
        "select product_id as id, sku, ean, gtin14, title, description, short_description, brand, category, price,
                net_price, compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_id,
                supplier_reference, status, import_id, import_row
         from products where tenant_id = $1 and product_id = any($2) order by product_id for update",
        tenant.0,
        &ids
    )
    .fetch_all(&mut **tx)
    .await
}

/// The products that the rows make or change, as they are to be written; counts every row in `outcome`.
fn sort(batch: &Batch, known: Vec<Stored>, outcome: &mut Outcome) -> Vec<Stored> {
    let mut written = Vec::new();
    let mut updates: Vec<Option<&BatchRow>> = vec![None; known.len()];
    let index = |code: fn(&Stored) -> Option<&str>| -> HashMap<&str, usize> {
        known.iter().enumerate().filter_map(|(at, product)| Some((code(product)?, at))).collect()
    };
    let by_sku = index(|product| product.sku.as_deref());
    let by_gtin = index(|product| product.gtin14.as_deref());
    for row in &batch.rows {
        let of_sku = row.product.sku.as_ref().and_then(|sku| by_sku.get(sku.as_str()).copied());
        let of_gtin = row.product.ean.as_ref().and_then(|ean| by_gtin.get(ean.to_gtin14().as_str()).copied());
        let found = match (of_sku, of_gtin) {
            (Some(of_sku), Some(of_gtin)) if of_sku != of_gtin => {
                outcome.reject(row.number, vec![conflict(row, &known[of_gtin])]);
                continue;
            }
            (None, Some(of_gtin)) if row.product.sku.is_some() && known[of_gtin].sku.is_some() => {
                outcome.reject(row.number, vec![conflict(row, &known[of_gtin])]);
                continue;
            }
            (of_sku, of_gtin) => of_sku.or(of_gtin),
        };
        let Some(at) = found else {
            outcome.created += 1;
            written.push(Stored::new(row, batch.supplier));
            continue;
        };
        let product = &known[at];
        if batch.mode != ImportMode::Update {
            outcome.skipped += 1;
        } else if product.import_id == Some(batch.import) && product.import_row > Some(row.number) {
            outcome.supersede(row.number, product.import_row.unwrap_or_default());
        } else if let Some(earlier) = updates[at].replace(row) {
            outcome.supersede(earlier.number, row.number);
        }
    }
    for (mut product, row) in known.into_iter().zip(updates) {
        let Some(row) = row else { continue };
        if product.take(&row.product, batch.supplier) {
            product.import_row = Some(row.number);
            outcome.updated += 1;
            written.push(product);
        } else {
            outcome.unchanged += 1;
        }
    }
    written
}

fn conflict(row: &BatchRow, owner: &Stored) -> RowError {
    let ean = row.product.ean.as_ref().map(product::Gtin::as_str).unwrap_or_default();
    let sku = row.product.sku.as_ref().map(product::Sku::as_str).unwrap_or_default();
    let owner = owner.sku.as_deref().unwrap_or("none");
    let message = format!(
        "the EAN {ean} belongs to the product with the SKU {owner}, the row says SKU {sku}; correct one of the two codes"
    );
    RowError::field(Field::Ean, "identifier_conflict", message, ean)
}

/// The products' values, a column each, for `unnest`.
#[derive(Default)]
struct Columns {
    id: Vec<Uuid>,
    sku: Vec<Option<String>>,
    ean: Vec<Option<String>>,
    title: Vec<String>,
    description: Vec<Option<String>>,
    short_description: Vec<Option<String>>,
    brand: Vec<Option<String>>,
    category: Vec<Option<String>>,
    price: Vec<Option<Decimal>>,
    net_price: Vec<Option<Decimal>>,
    compare_at_price: Vec<Option<Decimal>>,
    cost_price: Vec<Option<Decimal>>,
    currency: Vec<Option<String>>,
    stock: Vec<Option<i32>>,
    weight_grams: Vec<Option<Decimal>>,
    /// A line for each address, because `unnest` takes no arrays of arrays.
    image_urls: Vec<String>,
    supplier_id: Vec<Option<Uuid>>,
    supplier_reference: Vec<Option<String>>,
    status: Vec<String>,
    import_row: Vec<Option<i32>>,
}

impl FromIterator<Stored> for Columns {
    fn from_iter<I: IntoIterator<Item = Stored>>(products: I) -> Self {
        let mut columns = Columns::default();
        for product in products {
            columns.id.push(product.id);
            columns.sku.push(product.sku);
            columns.ean.push(product.ean);
            columns.title.push(product.title);
            columns.description.push(product.description);
            columns.short_description.push(product.short_description);
            columns.brand.push(product.brand);
            columns.category.push(product.category);
            columns.price.push(product.price);
            columns.net_price.push(product.net_price);
            columns.compare_at_price.push(product.compare_at_price);
            columns.cost_price.push(product.cost_price);
            columns.currency.push(product.currency);
            columns.stock.push(product.stock);
            columns.weight_grams.push(product.weight_grams);
            columns.image_urls.push(product.image_urls.join("\n"));
            columns.supplier_id.push(product.supplier_id);
            columns.supplier_reference.push(product.supplier_reference);
            columns.status.push(product.status);
            columns.import_row.push(product.import_row);
        }
        columns
    }
}

/// Writes the products. Those that are there are found by their key one by one, so that no plan depends on how old the
/// statistics of a growing table are.
async fn write(
    tx: &mut TenantTx,
    tenant: TenantId,
    import: Uuid,
    products: Vec<Stored>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    if products.is_empty() {
        return Ok(());
    }
    let columns: Columns = products.into_iter().collect();
    sqlx::query!(
        "insert into products (tenant_id, product_id, sku, ean, title, description, short_description, brand, category,
                price, net_price, compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_id,
                supplier_reference, status, created_at, updated_at, import_id, import_row)
         select $1, r.id, r.sku, r.ean, r.title, r.description, r.short_description, r.brand, r.category,
                r.price, r.net_price, r.compare_at_price, r.cost_price, r.currency, r.stock, r.weight_grams,
                string_to_array(r.image_urls, E'\\n'), r.supplier_id, r.supplier_reference, r.status, $2, $2, $3,
                r.import_row
         from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                     $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[], $16::text[], $17::int[],
                     $18::numeric[], $19::text[], $20::uuid[], $21::text[], $22::text[], $23::int[])
              as r(id, sku, ean, title, description, short_description, brand, category, price, net_price,
                   compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_id,
                   supplier_reference, status, import_row)
         on conflict (tenant_id, product_id) do update set
             sku = excluded.sku, ean = excluded.ean, title = excluded.title, description = excluded.description,
             short_description = excluded.short_description, brand = excluded.brand, category = excluded.category,
             price = excluded.price, net_price = excluded.net_price, compare_at_price = excluded.compare_at_price,
             cost_price = excluded.cost_price, currency = excluded.currency, stock = excluded.stock,
             weight_grams = excluded.weight_grams, image_urls = excluded.image_urls,
             supplier_id = excluded.supplier_id, supplier_reference = excluded.supplier_reference,
             status = excluded.status, updated_at = excluded.updated_at, import_id = excluded.import_id,
             import_row = excluded.import_row",
        tenant.0,
        now,
        import,
        &columns.id,
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
        &columns.image_urls,
        &columns.supplier_id as _,
        &columns.supplier_reference as _,
        &columns.status,
        &columns.import_row as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
