//! A batch of an import's rows, written as a set.
//!
//! A batch is written in one transaction, together with the note that it was written and what came of it. Delivered
//! again, it finds the note, changes nothing and gives the same outcome; so the job's database, which no transaction
//! shares, can always be told.

use std::collections::HashMap;
use std::time::Duration;

use db_tenancy::{TenantTx, begin, is_race};
use product::{
    Content, Field, ImportMode, Kept, Outcome, ProductRow, RowError, RowIssue, SourcePolicy, Weight, WeightUnit,
};
use runtime::{Error, Result, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CatalogDb;
use crate::catalogs::{Setup, setup};
use crate::products::{Product, by_ids};
use crate::write::{Origin, WriteError, Written, write};

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
                Err(failed) if can_be_tried_again(&failed) && attempt < MAX_TRIES => {
                    tracing::info!(attempt, error = ?failed, "another transaction was faster; the batch is tried again");
                    // The batch's id is random at its end: two batches that met do not meet again.
                    let jitter = u64::from(batch.id.as_bytes()[15]);
                    tokio::time::sleep(Duration::from_millis(attempt * 50 + jitter)).await;
                    attempt += 1;
                }
                Err(WriteError::Sql(failed)) => return Err(db_tenancy::error(failed)),
                Err(WriteError::Quota) => {
                    return Err(Error::internal("the quota changes faster than the batch is written"));
                }
            }
        }
    }
}

impl CatalogDb {
    /// The product of each row, where there is one: by its SKU, else by its GTIN.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn products_of_rows(&self, tenant: TenantId, rows: &[BatchRow]) -> Result<Vec<Option<Uuid>>> {
        let skus: Vec<Option<String>> = rows.iter().map(|row| row.product.sku.clone().map(String::from)).collect();
        let gtins: Vec<Option<String>> =
            rows.iter().map(|row| row.product.ean.as_ref().map(product::Gtin::to_gtin14)).collect();
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_scalar!(
            "select coalesce((select product_id from products where tenant_id = $1 and sku = r.sku),
                             (select product_id from products where tenant_id = $1 and gtin14 = r.gtin)) as id
             from unnest($2::text[], $3::text[]) with ordinality as r(sku, gtin, place) order by r.place",
            tenant.0,
            &skus as _,
            &gtins as _
        );
        found.fetch_all(&mut *tx).await.map_err(db_tenancy::error)
    }
}

/// Whether other transactions were faster: to a row, or to the last places of the quota.
fn can_be_tried_again(failed: &WriteError) -> bool {
    match failed {
        WriteError::Sql(failed) => is_race(failed),
        WriteError::Quota => true,
    }
}

async fn try_apply(
    mut tx: TenantTx,
    tenant: TenantId,
    batch: &Batch,
    now: OffsetDateTime,
) -> Result<Outcome, WriteError> {
    if let Some(outcome) = noted_outcome(&mut tx, tenant, batch.id).await? {
        return Ok(outcome);
    }
    let setup = setup(&mut tx, tenant).await?;
    let known = known_products(&mut tx, tenant, &batch.rows).await?;
    let mut outcome = batch.before.clone();
    let written = sort(batch, known, &setup, &mut outcome, now);
    let origin = Origin { source: source(batch.supplier), job_id: Some(batch.import), ..Origin::default() };
    write(&mut tx, tenant, &setup, &origin, written, now).await?;

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

/// What a row may change of a product: a field that somebody locked, or that a stronger source owns, stays.
struct Taking<'t> {
    policy: &'t SourcePolicy,
    product: &'t Product,
    source: &'t str,
    /// The fields that stay, and why.
    kept: Vec<(&'static str, Kept)>,
}

impl Taking<'_> {
    fn may(&mut self, field: &'static str) -> bool {
        match self.policy.check(&self.product.owners, &self.product.locked, field, self.source) {
            Ok(()) => true,
            Err(kept) => {
                self.kept.push((field, kept));
                false
            }
        }
    }

    /// Puts `new`, if there is one, in the place, unless it is kept.
    fn fill<T: PartialEq + Clone>(&mut self, field: &'static str, place: &mut Option<T>, new: Option<&T>) {
        if let Some(new) = new
            && place.as_ref() != Some(new)
            && self.may(field)
        {
            *place = Some(new.clone());
        }
    }

    /// Whether the row's prices may be taken over: all prices have one currency, so a row in another one changes none of
    /// them unless it may change each.
    fn may_change_prices(&mut self, content: &Content, row: &ProductRow) -> bool {
        let other = row.currency.zip(content.currency.as_deref()).is_some_and(|(new, old)| new.as_str() != old);
        let stays = other.then(|| {
            let prices = [
                ("price", content.price),
                ("net_price", content.net_price),
                ("compare_at_price", content.compare_at_price),
                ("cost_price", content.cost_price),
            ];
            let known = prices.into_iter().filter(|(_, price)| price.is_some()).map(|(field, _)| field);
            known
                .chain(["currency"])
                .any(|field| self.policy.check(&self.product.owners, &self.product.locked, field, self.source).is_err())
        });
        if stays == Some(true) {
            self.kept.push(("currency", Kept::Owned("a price that this source may not change".to_owned())));
            return false;
        }
        true
    }

    /// Takes over what the row says and leaves the rest.
    fn take(&mut self, content: &mut Content, row: &ProductRow, supplier: Option<Uuid>) {
        if content.title != row.title && self.may("title") {
            content.title.clone_from(&row.title);
        }
        self.fill("sku", &mut content.sku, row.sku.clone().map(String::from).as_ref());
        self.fill("ean", &mut content.ean, row.ean.clone().map(String::from).as_ref());
        self.fill("description", &mut content.description, row.description.as_ref());
        self.fill("short_description", &mut content.short_description, row.short_description.as_ref());
        self.fill("brand", &mut content.brand, row.brand.as_ref());
        self.fill("category", &mut content.category, row.category.as_ref());
        if self.may_change_prices(content, row) {
            self.fill("price", &mut content.price, row.price.as_ref());
            self.fill("net_price", &mut content.net_price, row.net_price.as_ref());
            self.fill("compare_at_price", &mut content.compare_at_price, row.compare_at_price.as_ref());
            self.fill("cost_price", &mut content.cost_price, row.cost_price.as_ref());
            self.fill("currency", &mut content.currency, row.currency.map(String::from).as_ref());
        }
        self.fill("stock", &mut content.stock, row.stock.as_ref());
        let unit = content.weight.map_or(WeightUnit::Gram, |weight| weight.unit);
        let weighs = content.weight.map(|weight| weight.grams());
        if let Some(grams) = row.weight_grams.filter(|grams| weighs != Some(*grams))
            && self.may("weight")
        {
            content.weight = Some(Weight::from_grams(grams, unit));
        }
        self.fill("image_urls", &mut content.image_urls, row.image_urls.as_ref());
        self.fill("supplier_id", &mut content.supplier_id, supplier.as_ref());
        self.fill("supplier_reference", &mut content.supplier_reference, row.supplier_reference.as_ref());
        if let Some(status) = row.status.filter(|status| *status != content.status)
            && self.may("status")
        {
            content.status = status;
        }
    }
}

/// The source that an import's rows are.
fn source(supplier: Option<Uuid>) -> String {
    supplier.map_or_else(|| "import".to_owned(), |supplier| format!("supplier:{supplier}"))
}

/// The content that a row makes.
fn made(row: &BatchRow, supplier: Option<Uuid>, now: OffsetDateTime) -> Product {
    let nothing = Product::new(Content::default(), now);
    let mut taking = Taking { policy: &SourcePolicy::default(), product: &nothing, source: "import", kept: Vec::new() };
    let mut content = Content::default();
    taking.take(&mut content, &row.product, supplier);
    Product::new(content, now)
}

/// The products with one of the rows' codes, locked in the order of their ids.
async fn known_products(tx: &mut TenantTx, tenant: TenantId, rows: &[BatchRow]) -> sqlx::Result<Vec<Product>> {
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
    by_ids(tx, tenant, &ids, true).await
}

/// The products that the rows make or change, as they are to be written; counts every row in `outcome`.
fn sort(batch: &Batch, known: Vec<Product>, setup: &Setup, outcome: &mut Outcome, now: OffsetDateTime) -> Vec<Written> {
    let mut written = Vec::new();
    let mut updates: Vec<Option<&BatchRow>> = vec![None; known.len()];
    let gtins: Vec<Option<String>> =
        known.iter().map(|product| product.content.ean.as_ref().map(|ean| format!("{ean:0>14}"))).collect();
    let by_sku: HashMap<&str, usize> =
        known.iter().enumerate().filter_map(|(at, product)| Some((product.content.sku.as_deref()?, at))).collect();
    let by_gtin: HashMap<&str, usize> =
        gtins.iter().enumerate().filter_map(|(at, gtin)| Some((gtin.as_deref()?, at))).collect();
    let mut room = setup.quota.map(|quota| quota - setup.products);
    for row in &batch.rows {
        let of_sku = row.product.sku.as_ref().and_then(|sku| by_sku.get(sku.as_str()).copied());
        let of_gtin = row.product.ean.as_ref().and_then(|ean| by_gtin.get(ean.to_gtin14().as_str()).copied());
        let found = match (of_sku, of_gtin) {
            (Some(of_sku), Some(of_gtin)) if of_sku != of_gtin => {
                outcome.reject(row.number, vec![conflict(row, &known[of_gtin])]);
                continue;
            }
            (None, Some(of_gtin)) if row.product.sku.is_some() && known[of_gtin].content.sku.is_some() => {
                outcome.reject(row.number, vec![conflict(row, &known[of_gtin])]);
                continue;
            }
            (of_sku, of_gtin) => of_sku.or(of_gtin),
        };
        let Some(at) = found else {
            let mut after = made(row, batch.supplier, now);
            if after.counts() && !take_room(&mut room) {
                outcome.reject(row.number, vec![quota_error(setup.quota.unwrap_or_default())]);
                continue;
            }
            after.import = Some((batch.import, row.number));
            outcome.created += 1;
            written.push(Written { before: None, after, row: Some(row.number), action: "created" });
            continue;
        };
        let product = &known[at];
        if product.trashed_at.is_some() {
            outcome.skipped += 1;
            let message = "the product is in the trash; restore it or delete it for good, then import the row again";
            outcome.issues.push(RowIssue { row: row.number, error: RowError::row("in_trash", message) });
        } else if batch.mode != ImportMode::Update {
            outcome.skipped += 1;
        } else if let Some((_, by)) = product.import.filter(|(import, by)| *import == batch.import && *by > row.number)
        {
            outcome.supersede(row.number, by);
        } else if let Some(earlier) = updates[at].replace(row) {
            outcome.supersede(earlier.number, row.number);
        }
    }
    let source = source(batch.supplier);
    for (product, row) in known.into_iter().zip(updates) {
        let Some(row) = row else { continue };
        let mut content = product.content.clone();
        let mut taking = Taking { policy: &setup.policy, product: &product, source: &source, kept: Vec::new() };
        taking.take(&mut content, &row.product, batch.supplier);
        if !taking.kept.is_empty() {
            outcome.issues.push(RowIssue { row: row.number, error: kept_error(&taking.kept) });
        }
        if content == product.content {
            outcome.unchanged += 1;
        } else {
            let after = Product { content, import: Some((batch.import, row.number)), ..product.clone() };
            // A row that brings an archived product back needs room for it.
            if after.counts() && !product.counts() && !take_room(&mut room) {
                outcome.reject(row.number, vec![quota_error(setup.quota.unwrap_or_default())]);
                continue;
            }
            outcome.updated += 1;
            written.push(Written { before: Some(product), after, row: Some(row.number), action: "updated" });
        }
    }
    written
}

/// Takes one of the quota's last places, where there is a quota; gives whether there was one.
fn take_room(room: &mut Option<i64>) -> bool {
    match room {
        None => true,
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        Some(_) => false,
    }
}

fn conflict(row: &BatchRow, owner: &Product) -> RowError {
    let ean = row.product.ean.as_ref().map(product::Gtin::as_str).unwrap_or_default();
    let sku = row.product.sku.as_ref().map(product::Sku::as_str).unwrap_or_default();
    let owner = owner.content.sku.as_deref().unwrap_or("none");
    let message = format!(
        "the EAN {ean} belongs to the product with the SKU {owner}, the row says SKU {sku}; correct one of the two codes"
    );
    RowError::field(Field::Ean, "identifier_conflict", message, ean)
}

fn quota_error(quota: i64) -> RowError {
    let message = format!(
        "Quota exceeded: the plan has room for {quota} products; archive or delete some, or choose a larger plan"
    );
    RowError::row("quota_exceeded", message)
}

fn kept_error(kept: &[(&str, Kept)]) -> RowError {
    let reasons: Vec<String> = kept
        .iter()
        .map(|(field, why)| match why {
            Kept::Locked => format!("{field} (locked by an edit)"),
            Kept::Owned(owner) => format!("{field} (owned by {owner})"),
        })
        .collect();
    RowError::row("field_kept", format!("these fields stay as they are: {}", reasons.join(", ")))
}
