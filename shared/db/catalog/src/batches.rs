//! A batch of an import's rows, written as a set.
//!
//! A batch is written in one transaction, together with the note that it was written and what came of it. Delivered
//! again, it finds the note, changes nothing and gives the same outcome; so the job's database, which no transaction
//! shares, can always be told. A preview does the same and rolls back before it notes what would have come of each row.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use db_tenancy::{TenantTx, begin, is_race};
use product::{
    Attribute, Content, DecimalMark, ImportMode, Language, MatchKey, Outcome, ProductRow, Rules, with_field,
};
use runtime::{Error, Result, TenantId};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CatalogDb;
use crate::catalogs::setup;
use crate::plan::{Knowledge, Plan, PlannedRow, plan, source};
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

/// A row that was rejected or taken back before the catalogue was asked, and the codes that it has all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOutRow {
    /// As the spreadsheet shows it.
    pub number: i32,
    /// `rejected` or `skipped`.
    pub action: &'static str,
    /// Its SKU.
    pub sku: Option<String>,
    /// Its EAN, in 14 digits.
    pub gtin14: Option<String>,
    /// The supplier's reference.
    pub reference: Option<String>,
}

/// Rows that are written together.
pub struct Batch {
    /// The batch, the same at each delivery.
    pub id: Uuid,
    /// Its place in the import, from 0.
    pub number: i32,
    /// The import it belongs to.
    pub import: Uuid,
    /// The supplier of its products.
    pub supplier: Option<Uuid>,
    /// What to do with products that are there.
    pub mode: ImportMode,
    /// By what products are found, in this order.
    pub match_by: Vec<MatchKey>,
    /// Whether it holds the variants of products that other batches hold.
    pub variants: bool,
    /// The key of the identifier by which rows name their parents; their SKUs unless said.
    pub parent_by: Option<String>,
    /// The organisation's own rules.
    pub rules: Rules,
    /// The language of what is said about rows.
    pub language: Language,
    /// How the file writes numbers.
    pub decimal_mark: DecimalMark,
    /// Whether a wrong value of an attribute is left out instead of its row.
    pub reject_values: bool,
    /// Attributes that are made if they are not there, by code, with their names.
    pub new_attributes: BTreeMap<String, String>,
    /// The valid rows, no two with the same SKU or GTIN.
    pub rows: Vec<BatchRow>,
    /// The others.
    pub rejected: Vec<LeftOutRow>,
    /// What is known already: rows that were rejected or skipped before.
    pub before: Outcome,
}

impl Batch {
    /// A batch with the usual choices.
    #[must_use]
    pub fn new(id: Uuid, import: Uuid) -> Self {
        Self {
            id,
            number: 0,
            import,
            supplier: None,
            mode: ImportMode::Update,
            match_by: MatchKey::DEFAULT.to_vec(),
            variants: false,
            parent_by: None,
            rules: Rules::default(),
            language: Language::En,
            decimal_mark: DecimalMark::Point,
            reject_values: false,
            new_attributes: BTreeMap::new(),
            rows: Vec::new(),
            rejected: Vec::new(),
            before: Outcome::default(),
        }
    }
}

/// What becomes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is written.
    Commit,
    /// It is written, rolled back, and noted what would have come of it.
    Preview,
}

const MAX_TRIES: u64 = 5;

impl CatalogDb {
    /// Writes a batch, or finds that it was written; gives what came of it.
    ///
    /// # Errors
    /// When the database does not answer, or other transactions were faster five times in a row.
    pub async fn apply(&self, tenant: TenantId, batch: &Batch, now: OffsetDateTime) -> Result<Outcome> {
        self.tried(tenant, batch, (Stage::Commit, false), now).await.map(|(outcome, _)| outcome)
    }

    /// Writes a batch and gives what came of each row; nothing when it was written before.
    ///
    /// # Errors
    /// As [`CatalogDb::apply`].
    pub async fn apply_traced(
        &self,
        tenant: TenantId,
        batch: &Batch,
        now: OffsetDateTime,
    ) -> Result<(Outcome, Vec<PlannedRow>)> {
        self.tried(tenant, batch, (Stage::Commit, true), now).await
    }

    /// Does everything that [`CatalogDb::apply`] does, takes it back, and notes what would have come of each row.
    ///
    /// # Errors
    /// As [`CatalogDb::apply`].
    pub async fn preview(
        &self,
        tenant: TenantId,
        batch: &Batch,
        now: OffsetDateTime,
    ) -> Result<(Outcome, Vec<PlannedRow>)> {
        self.tried(tenant, batch, (Stage::Preview, true), now).await
    }

    async fn tried(
        &self,
        tenant: TenantId,
        batch: &Batch,
        (stage, trace): (Stage, bool),
        now: OffsetDateTime,
    ) -> Result<(Outcome, Vec<PlannedRow>)> {
        let mut attempt = 1;
        loop {
            let tx = begin(&self.pool, tenant).await?;
            match try_batch(tx, tenant, batch, (stage, trace), now).await {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {
                    let message = "the import was undone: nothing of it is written any more".to_owned();
                    return Err(Error::Conflict { code: "undone", message });
                }
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
    /// The product of each row of a batch that was written, where there is one that the batch may change: by its SKU, else by
    /// its GTIN, else by the supplier's reference where rows are matched by it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn products_of_rows(&self, tenant: TenantId, batch: &Batch) -> Result<Vec<Option<Uuid>>> {
        let rows = &batch.rows;
        let skus: Vec<Option<String>> = rows.iter().map(|row| row.product.sku.clone().map(String::from)).collect();
        let gtins: Vec<Option<String>> =
            rows.iter().map(|row| row.product.ean.as_ref().map(product::Gtin::to_gtin14)).collect();
        let references: Vec<Option<String>> = rows.iter().map(|row| row.product.supplier_reference.clone()).collect();
        let supplier = batch.supplier.filter(|_| batch.match_by.contains(&MatchKey::SupplierReference));
        // A mode that leaves products as they are says nothing of those that it did not make.
        let made_by = (batch.mode != ImportMode::Update).then_some(batch.import);
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query_scalar!(
            "select p.product_id as \"id?\"
             from unnest($2::text[], $3::text[], $4::text[]) with ordinality as r(sku, gtin, reference, place)
             left join lateral (
                 select coalesce((select product_id from products where tenant_id = $1 and sku = r.sku),
                                 (select product_id from products where tenant_id = $1 and gtin14 = r.gtin),
                                 (select min(product_id::text)::uuid from products
                                  where tenant_id = $1 and supplier_id = $5 and supplier_reference = r.reference
                                  having count(*) = 1)) as id
             ) named on true
             left join products p
                 on p.tenant_id = $1 and p.product_id = named.id and ($6::uuid is null or p.import_id = $6)
             order by r.place",
            tenant.0,
            &skus as _,
            &gtins as _,
            &references as _,
            supplier,
            made_by
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

/// Writes or previews a batch; nothing when the import that it belongs to is undone.
async fn try_batch(
    mut tx: TenantTx,
    tenant: TenantId,
    batch: &Batch,
    (stage, trace): (Stage, bool),
    now: OffsetDateTime,
) -> Result<Option<(Outcome, Vec<PlannedRow>)>, WriteError> {
    if stage == Stage::Commit && is_undone(&mut tx, tenant, batch.import).await? {
        return Ok(None);
    }
    if let Some(outcome) = noted_outcome(&mut tx, tenant, batch.id, stage).await? {
        return Ok(Some((outcome, Vec::new())));
    }
    if stage == Stage::Preview {
        sqlx::query!("savepoint preview").execute(&mut *tx).await?;
    }
    let setup = setup(&mut tx, tenant).await?;
    let mut products = known_products(&mut tx, tenant, batch).await?;
    let mut staged: BTreeMap<Uuid, Written> = BTreeMap::new();
    let mut room = setup.quota.map(|quota| quota - setup.products);
    if stage == Stage::Preview {
        let parents = staged_parents(&mut tx, tenant, batch, &products, now).await?;
        products.extend(parents.iter().cloned());
        let made = parents.into_iter().map(|after| Written { before: None, after, row: None, action: "created" });
        staged.extend(made.map(|one| (one.after.id, one)));
        if let Some(room) = &mut room {
            *room -= staged_elsewhere(&mut tx, tenant, batch).await?;
        }
    }
    let knowledge = Knowledge {
        setup: &setup,
        attributes: attributes(&mut tx, tenant, batch, now).await?,
        categories: categories(&mut tx, tenant, batch).await?,
        taken: taken(&mut tx, tenant, batch).await?,
        variants: siblings(&mut tx, tenant, batch, &products).await?,
        products,
        room,
        trace,
        now,
    };
    let Plan { written: mut planned, outcome, mut rows } = plan(batch, knowledge);
    for row in rows.iter_mut().filter(|row| row.found.is_some_and(|(id, _)| staged.contains_key(&id))) {
        row.found = None;
    }
    // What changes a product that is made again is one writing with its making.
    planned.retain_mut(|one| match staged.get_mut(&one.after.id) {
        Some(made) => {
            made.after = one.after.clone();
            false
        }
        None => true,
    });
    let written: Vec<Written> = staged.into_values().chain(planned).collect();
    let origin = Origin { source: source(batch.supplier), job_id: Some(batch.import), ..Origin::default() };
    match write(&mut tx, tenant, &setup, &origin, written, now).await {
        // Of a preview the quota is what its rows say: they were counted, each on its own.
        Err(WriteError::Quota) if stage == Stage::Preview => {}
        done => {
            done?;
        }
    }
    match stage {
        Stage::Commit => note(&mut tx, tenant, batch, &outcome, now).await?,
        Stage::Preview => {
            sqlx::query!("rollback to savepoint preview").execute(&mut *tx).await?;
            crate::staged::replace(&mut tx, tenant, batch, &rows, now).await?;
        }
    }
    tx.commit().await?;
    Ok(Some((outcome, rows)))
}

/// Whether an import is undone. An undo waits until batches that are being written are, and finds them.
async fn is_undone(tx: &mut TenantTx, tenant: TenantId, import: Uuid) -> sqlx::Result<bool> {
    sqlx::query!("select pg_advisory_xact_lock_shared($1)", lock_key(import)).execute(&mut **tx).await?;
    let undone = sqlx::query_scalar!(
        "select exists (select from catalog_jobs where tenant_id = $1 and undoes = $2) as \"undone!\"",
        tenant.0,
        import
    );
    undone.fetch_one(&mut **tx).await
}

/// The key of the advisory lock of a batch or an import.
pub(crate) fn lock_key(id: Uuid) -> i64 {
    i64::from_be_bytes(id.as_bytes()[8..].try_into().unwrap_or_default())
}

/// Notes that a batch was written, in the transaction that writes it.
async fn note(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    outcome: &Outcome,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into applied_batches (tenant_id, batch_id, import_id, outcome, applied_at) values ($1, $2, $3, $4, $5)",
        tenant.0,
        batch.id,
        batch.import,
        Json(outcome) as _,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The outcome of a batch that was written before. Two deliveries of one batch wait for each other here.
async fn noted_outcome(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: Uuid,
    stage: Stage,
) -> sqlx::Result<Option<Outcome>> {
    sqlx::query!("select pg_advisory_xact_lock($1)", lock_key(batch)).execute(&mut **tx).await?;
    if stage == Stage::Preview {
        return Ok(None);
    }
    let noted = sqlx::query_scalar!(
        "select outcome as \"outcome: Json<Outcome>\" from applied_batches where tenant_id = $1 and batch_id = $2",
        tenant.0,
        batch
    );
    Ok(noted.fetch_optional(&mut **tx).await?.map(|outcome| outcome.0))
}

/// The products with one of the rows' codes, and their parents, locked in the order of their ids.
async fn known_products(tx: &mut TenantTx, tenant: TenantId, batch: &Batch) -> sqlx::Result<Vec<Product>> {
    let rows = || batch.rows.iter().map(|row| &row.product);
    let skus: BTreeSet<String> = rows()
        .filter_map(|row| row.sku.clone().map(String::from))
        .chain(rows().filter_map(|row| row.parent.clone()))
        .chain(batch.rejected.iter().filter_map(|row| row.sku.clone()))
        .collect();
    let gtins: BTreeSet<String> = rows()
        .filter_map(|row| row.ean.as_ref().map(product::Gtin::to_gtin14))
        .chain(batch.rejected.iter().filter_map(|row| row.gtin14.clone()))
        .collect();
    let (skus, gtins): (Vec<String>, Vec<String>) = (skus.into_iter().collect(), gtins.into_iter().collect());
    // In two steps, each by an index whatever the statistics say: of a table that grew since it was last analysed the
    // planner believes that a tenant has few rows, and would read all of them for every batch.
    let mut ids = sqlx::query_scalar!(
        "select product_id as \"id!\" from products where tenant_id = $1 and sku = any($2)
         union select product_id from products where tenant_id = $1 and gtin14 = any($3)",
        tenant.0,
        &skus,
        &gtins
    )
    .fetch_all(&mut **tx)
    .await?;
    if let Some(supplier) = batch.supplier.filter(|_| batch.match_by.contains(&MatchKey::SupplierReference)) {
        let references: Vec<String> = rows()
            .filter_map(|row| row.supplier_reference.clone())
            .chain(batch.rejected.iter().filter_map(|row| row.reference.clone()))
            .collect();
        let found = sqlx::query_scalar!(
            "select product_id from products where tenant_id = $1 and supplier_id = $2 and supplier_reference = any($3)",
            tenant.0,
            supplier,
            &references
        );
        ids.extend(found.fetch_all(&mut **tx).await?);
    }
    if let Some(key) = &batch.parent_by {
        let parents: BTreeSet<String> = rows().filter_map(|row| row.parent.clone()).collect();
        let parents: Vec<String> = parents.into_iter().collect();
        // Rare, and read through: only the file of a shop's combinations names its parents so.
        let found = sqlx::query_scalar!(
            "select product_id from products where tenant_id = $1 and identifiers ->> $2 = any($3)",
            tenant.0,
            key,
            &parents
        );
        ids.extend(found.fetch_all(&mut **tx).await?);
    }
    ids.sort_unstable();
    ids.dedup();
    by_ids(tx, tenant, &ids, true).await
}

/// Parents that an earlier batch of the same preview would make: they are made again, for as long as this batch lasts.
async fn staged_parents(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    known: &[Product],
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Product>> {
    let there: BTreeSet<&str> = known.iter().filter_map(|product| product.content.sku.as_deref()).collect();
    // A row's own product too: some shops make it in one row and a variant of it in another, and what could make no product
    // comes later than the row that does.
    let named = || batch.rows.iter().filter(|row| batch.variants || row.product.parent.is_some());
    let wanted: BTreeSet<String> = named()
        .flat_map(|row| [row.product.parent.clone(), row.product.sku.clone().map(String::from)])
        .flatten()
        .filter(|sku| !there.contains(sku.as_str()))
        .collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let gtins: Vec<String> = named().filter_map(|row| row.product.ean.as_ref().map(product::Gtin::to_gtin14)).collect();
    if wanted.is_empty() && gtins.is_empty() {
        return Ok(Vec::new());
    }
    let staged = sqlx::query!(
        "select distinct on (coalesce(sku, row_number::text)) changes from staged_rows
         where tenant_id = $1 and import_id = $2 and action = 'created' and batch <> $4
           and (sku = any($3) or gtin14 = any($6) or ($5::text is not null and changes -> ('identifiers.' || $5::text) ->> 'new' = any($3)))
         order by coalesce(sku, row_number::text), row_number desc",
        tenant.0,
        batch.import,
        &wanted,
        batch.number,
        batch.parent_by,
        &gtins
    );
    let mut parents = Vec::new();
    for row in staged.fetch_all(&mut **tx).await? {
        let Some(Value::Object(changes)) = row.changes else { continue };
        let mut content = Content::default();
        for (field, change) in changes {
            let new = change.get("new").cloned().unwrap_or_default();
            content = with_field(&content, &field, new).unwrap_or(content);
        }
        parents.push(Product::new(content, now));
    }
    Ok(parents)
}

/// The variants that the rows' parents have, by parent and options.
async fn siblings(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    products: &[Product],
) -> sqlx::Result<HashMap<(Uuid, BTreeMap<String, String>), Uuid>> {
    if batch.rows.iter().all(|row| row.product.parent.is_none()) {
        return Ok(HashMap::new());
    }
    let parents: Vec<Uuid> = products.iter().map(|product| product.id).collect();
    let found = sqlx::query!(
        r#"select product_id, parent_id as "parent_id!", options as "options: Json<BTreeMap<String, String>>"
           from products where tenant_id = $1 and parent_id = any($2)"#,
        tenant.0,
        &parents
    );
    let found = found.fetch_all(&mut **tx).await?;
    Ok(found.into_iter().map(|row| ((row.parent_id, row.options.0), row.product_id)).collect())
}

/// How many products the other batches of this preview would make.
async fn staged_elsewhere(tx: &mut TenantTx, tenant: TenantId, batch: &Batch) -> sqlx::Result<i64> {
    let count = sqlx::query_scalar!(
        "select count(*) as \"count!\" from staged_rows
         where tenant_id = $1 and import_id = $2 and action = 'created' and batch <> $3",
        tenant.0,
        batch.import,
        batch.number
    );
    count.fetch_one(&mut **tx).await
}

/// The definitions of attributes, when a row has any; those that the mapping makes are made.
async fn attributes(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    now: OffsetDateTime,
) -> sqlx::Result<BTreeMap<String, Attribute>> {
    if batch.rows.iter().all(|row| row.product.attributes.is_empty()) {
        return Ok(BTreeMap::new());
    }
    let mut known = crate::attributes::read_definitions(tx, tenant).await?;
    for (code, name) in &batch.new_attributes {
        if !known.contains_key(code) {
            let definition = Attribute::text(name);
            sqlx::query!(
                "insert into attributes (tenant_id, code, definition, created_at, updated_at) values ($1, $2, $3, $4, $4)
                 on conflict do nothing",
                tenant.0,
                code,
                Json(&definition) as _,
                now
            )
            .execute(&mut **tx)
            .await?;
            known.insert(code.clone(), definition);
        }
    }
    Ok(known)
}

/// Those of the rows' categories that are there.
async fn categories(tx: &mut TenantTx, tenant: TenantId, batch: &Batch) -> sqlx::Result<BTreeSet<Uuid>> {
    let wanted: BTreeSet<Uuid> = batch.rows.iter().filter_map(|row| row.product.category_id).collect();
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let wanted: Vec<Uuid> = wanted.into_iter().collect();
    let found = sqlx::query_scalar!(
        "select category_id from categories where tenant_id = $1 and category_id = any($2)",
        tenant.0,
        &wanted
    );
    Ok(found.fetch_all(&mut **tx).await?.into_iter().collect())
}

/// Who has the values that must be unique.
async fn taken(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
) -> sqlx::Result<HashMap<(String, String), Vec<Uuid>>> {
    let mut taken: HashMap<(String, String), Vec<Uuid>> = HashMap::new();
    for rule in batch.rules.unique_fields() {
        let value = |row: &ProductRow| match rule.field.as_str() {
            "title" => row.title.clone(),
            "slug" => row.slug.clone(),
            "brand" => row.brand.clone(),
            _ => row.supplier_reference.clone(),
        };
        let values: Vec<String> = batch.rows.iter().filter_map(|row| value(&row.product)).collect();
        // The field is one of four that the rules know.
        let mut select = format!(
            "select product_id, {} from products where tenant_id = $1 and {} = any($2) and trashed_at is null",
            rule.field, rule.field
        );
        if rule.field == "title" {
            // What the index of titles is made of.
            select.push_str(" and left(lower(title), 100) in (select left(lower(t), 100) from unnest($2::text[]) t)");
        }
        let found = sqlx::query(AssertSqlSafe(select)).bind(tenant.0).bind(&values).fetch_all(&mut **tx).await?;
        for row in found {
            taken.entry((rule.field.clone(), row.try_get(1)?)).or_default().push(row.try_get(0)?);
        }
    }
    Ok(taken)
}
