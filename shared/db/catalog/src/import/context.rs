//! Reads what planning needs to know about the catalogue before a batch's rows: locks the products, and creates the
//! attributes that the mapping asks for.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use db_tenancy::TenantTx;
use planning::Batch;
use product::{Attribute, Content, MatchKey, Product, ProductRow, with_field};
use runtime::TenantId;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::products::read::by_ids;

/// Returns the products with one of the rows' codes, their parents, and these `parents`, locked in the order of their
/// ids.
pub(crate) async fn known_products(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    parents: &[(String, Uuid)],
) -> sqlx::Result<Vec<Product>> {
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
    // In two steps, each through an index whatever the statistics say. If a table grew since it was last analysed, the
    // query planner assumes that a tenant has few rows, and would read all of them for every batch.
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
        // This reads all products, but is rare: only the file of a shop's combinations names parents by such a key.
        let found = sqlx::query_scalar!(
            "select product_id from products where tenant_id = $1 and identifiers ->> $2 = any($3)",
            tenant.0,
            key,
            &parents
        );
        ids.extend(found.fetch_all(&mut **tx).await?);
    }
    ids.extend(parents.iter().map(|(_, parent)| *parent));
    ids.sort_unstable();
    ids.dedup();
    by_ids(tx, tenant, &ids, true).await
}

/// Returns the parents of the variants that the rows show, by the variants' SKUs. Parents in the trash are left out.
pub(crate) async fn shown_parents(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
) -> sqlx::Result<Vec<(String, Uuid)>> {
    let shown = batch.rows.iter().filter_map(|row| row.product.shown.as_ref());
    let skus: BTreeSet<&String> = shown.flat_map(|variants| &variants.skus).collect();
    if skus.is_empty() {
        return Ok(Vec::new());
    }
    let skus: Vec<String> = skus.into_iter().cloned().collect();
    let found = sqlx::query!(
        r#"select v.sku as "sku!", p.product_id from products v
           join products p on p.tenant_id = v.tenant_id and p.product_id = v.parent_id
           where v.tenant_id = $1 and v.sku = any($2) and p.trashed_at is null"#,
        tenant.0,
        &skus
    );
    let found = found.fetch_all(&mut **tx).await?;
    Ok(found.into_iter().map(|row| (row.sku, row.product_id)).collect())
}

/// Returns the parents that an earlier batch of the same preview would create. They are created again within this
/// batch's transaction, which is rolled back.
pub(crate) async fn created_parents(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    known: &[Product],
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Product>> {
    let known_skus: BTreeSet<&str> = known.iter().filter_map(|product| product.content.sku.as_deref()).collect();
    // A row's own product too: some shops describe a product in one row and its variant in another, and a row that
    // cannot create the product comes after the one that does.
    let variant_rows = || batch.rows.iter().filter(|row| batch.variants || row.product.parent.is_some());
    let wanted: BTreeSet<String> = variant_rows()
        .flat_map(|row| [row.product.parent.clone(), row.product.sku.clone().map(String::from)])
        .flatten()
        .filter(|sku| !known_skus.contains(sku.as_str()))
        .collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let gtins: Vec<String> =
        variant_rows().filter_map(|row| row.product.ean.as_ref().map(product::Gtin::to_gtin14)).collect();
    if wanted.is_empty() && gtins.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "select distinct on (coalesce(sku, row_number::text)) changes from preview_rows
         where tenant_id = $1 and import_id = $2 and action = 'created' and product_id is null and batch <> $4
           and (sku = any($3) or gtin14 = any($6) or ($5::text is not null and changes -> ('identifiers.' || $5::text) ->> 'new' = any($3)))
         order by coalesce(sku, row_number::text), row_number desc",
        tenant.0,
        batch.import,
        &wanted,
        batch.number,
        batch.parent_by,
        &gtins
    );
    let rows = rows.fetch_all(&mut **tx).await?.into_iter().filter(|row| row.changes.is_some());
    Ok(rows.map(|row| Product::new(with_changes(&Content::default(), row.changes), now)).collect())
}

/// Applies to the parents of a preview's variants what earlier batches of the preview would change, because a commit
/// would have written it by then.
pub(crate) async fn previewed_parents(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    products: &mut [Product],
) -> sqlx::Result<()> {
    let parents: Vec<Uuid> =
        products.iter().filter(|product| product.content.parent_id.is_none()).map(|product| product.id).collect();
    if !batch.variants || parents.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query!(
        r#"select product_id as "product_id!", action, changes from preview_rows
           where tenant_id = $1 and import_id = $2 and action in ('updated', 'created') and batch <> $3
             and product_id = any($4)
           order by row_number, ordinal"#,
        tenant.0,
        batch.import,
        batch.number,
        &parents
    );
    for row in rows.fetch_all(&mut **tx).await? {
        if let Some(parent) = products.iter_mut().find(|product| product.id == row.product_id) {
            if row.action == "created" {
                // It leaves the trash, into which the undo of an import had moved it.
                (parent.content, parent.trashed_at) = (Content::default(), None);
            }
            parent.content = with_changes(&parent.content, row.changes);
        }
    }
    Ok(())
}

/// Returns those of the products that the undo of an import moved to the trash, and nothing moved since.
pub(crate) async fn undone_products(
    tx: &mut TenantTx,
    tenant: TenantId,
    products: &[Product],
) -> sqlx::Result<HashSet<Uuid>> {
    let trashed: Vec<Uuid> =
        products.iter().filter(|product| product.trashed_at.is_some()).map(|product| product.id).collect();
    if trashed.is_empty() {
        return Ok(HashSet::new());
    }
    // An import has no row among the jobs of the catalogue, whose own undo restores what somebody did by hand.
    let found = sqlx::query_scalar!(
        r#"select moved.product_id as "id!" from unnest($2::uuid[]) as trashed(id)
           cross join lateral (
               select product_id, action, job_id from product_changes
               where tenant_id = $1 and product_id = trashed.id and action in ('created', 'trashed', 'restored')
               order by change_id desc limit 1
           ) moved
           join catalog_jobs j on j.tenant_id = $1 and j.job_id = moved.job_id and j.kind = 'undo'
           where moved.action = 'trashed'
             and not exists (select from catalog_jobs o where o.tenant_id = $1 and o.job_id = j.undoes)"#,
        tenant.0,
        &trashed
    );
    Ok(found.fetch_all(&mut **tx).await?.into_iter().collect())
}

/// Returns a content with the new values of previewed changes.
fn with_changes(content: &Content, changes: Option<Value>) -> Content {
    let Some(Value::Object(changes)) = changes else { return content.clone() };
    changes.into_iter().fold(content.clone(), |content, (field, change)| {
        let new = change.get("new").cloned().unwrap_or_default();
        with_field(&content, &field, new).unwrap_or(content)
    })
}

/// Returns the variants of the rows' parents, by parent and options.
pub(crate) async fn siblings(
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

/// Returns the stored number of the last row of the file that left each of these products unchanged.
pub(crate) async fn unchanged_rows(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    products: &[Product],
) -> sqlx::Result<HashMap<Uuid, i32>> {
    if batch.named_by.len() < 2 {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = products.iter().map(|product| product.id).collect();
    let found = sqlx::query!(
        "select product_id, row_number from unchanged_rows where tenant_id = $1 and import_id = $2 and product_id = any($3)",
        tenant.0,
        batch.import,
        &ids
    );
    Ok(found.fetch_all(&mut **tx).await?.into_iter().map(|row| (row.product_id, row.row_number)).collect())
}

/// Stores the rows that left products unchanged.
pub(crate) async fn note_unchanged(
    tx: &mut TenantTx,
    tenant: TenantId,
    import: Uuid,
    unchanged: &[(Uuid, i32)],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    if unchanged.is_empty() {
        return Ok(());
    }
    let (ids, rows): (Vec<Uuid>, Vec<i32>) = unchanged.iter().copied().unzip();
    sqlx::query!(
        "insert into unchanged_rows (tenant_id, import_id, product_id, row_number, seen_at)
         select $1, $2, u.id, u.row, $5 from unnest($3::uuid[], $4::int[]) as u(id, row)
         on conflict (tenant_id, import_id, product_id) do update
         set row_number = greatest(unchanged_rows.row_number, excluded.row_number)",
        tenant.0,
        import,
        &ids,
        &rows,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Returns how many products the other batches of this preview would create.
pub(crate) async fn created_elsewhere(tx: &mut TenantTx, tenant: TenantId, batch: &Batch) -> sqlx::Result<i64> {
    let count = sqlx::query_scalar!(
        "select count(*) as \"count!\" from preview_rows
         where tenant_id = $1 and import_id = $2 and action = 'created' and batch <> $3",
        tenant.0,
        batch.import,
        batch.number
    );
    count.fetch_one(&mut **tx).await
}

/// Returns the definitions of attributes, if a row has any. Creates those that the mapping asks for.
pub(crate) async fn attributes(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
    now: OffsetDateTime,
) -> sqlx::Result<BTreeMap<String, Attribute>> {
    if batch.rows.iter().all(|row| row.product.attributes.is_empty()) {
        return Ok(BTreeMap::new());
    }
    let mut known = crate::describe::attributes::read_definitions(tx, tenant).await?;
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

/// Returns those of the rows' categories that exist.
pub(crate) async fn categories(tx: &mut TenantTx, tenant: TenantId, batch: &Batch) -> sqlx::Result<BTreeSet<Uuid>> {
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

/// Returns the products that have one of the rows' values of unique fields, by field and value.
pub(crate) async fn owners_of_unique_values(
    tx: &mut TenantTx,
    tenant: TenantId,
    batch: &Batch,
) -> sqlx::Result<HashMap<(String, String), Vec<Uuid>>> {
    let mut owners: HashMap<(String, String), Vec<Uuid>> = HashMap::new();
    for rule in batch.rules.unique_fields() {
        let value = |row: &ProductRow| match rule.field.as_str() {
            "title" => row.title.clone(),
            "slug" => row.slug.clone(),
            "brand" => row.brand.clone(),
            _ => row.supplier_reference.clone(),
        };
        let values: Vec<String> = batch.rows.iter().filter_map(|row| value(&row.product)).collect();
        // The field is one of the four above, so it is safe in SQL text.
        let mut select = format!(
            "select product_id, {} from products where tenant_id = $1 and {} = any($2) and trashed_at is null",
            rule.field, rule.field
        );
        if rule.field == "title" {
            // The expression of the index of titles.
            select.push_str(" and left(lower(title), 100) in (select left(lower(t), 100) from unnest($2::text[]) t)");
        }
        let found = sqlx::query(AssertSqlSafe(select)).bind(tenant.0).bind(&values).fetch_all(&mut **tx).await?;
        for row in found {
            owners.entry((rule.field.clone(), row.try_get(1)?)).or_default().push(row.try_get(0)?);
        }
    }
    Ok(owners)
}
