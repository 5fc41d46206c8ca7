//! `make bench`: compares the apply stage with one `COPY` and one set-based upsert of the same rows, written by hand,
//! in the same PostgreSQL, both with the function's role.
//!
//!     DATABASE_URL=… bench_apply FILE     a login that may create databases
//!
//! Prints JSON: rows, and seconds to create all products and to find all unchanged, for the stage and for the SQL by
//! hand.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]
#![expect(clippy::disallowed_methods, reason = "a benchmark has no Env")]

use std::time::Instant;

use db_catalog::{Batch, BatchRow, CatalogDb};
use db_tenancy::Database;
use imports::{BatchReader, RowContent};
use product::validate;
use runtime::TenantId;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

#[tokio::main]
async fn main() {
    let file = std::env::args().nth(1).unwrap();
    let mut batches: Vec<Vec<BatchRow>> = Vec::new();
    let mut options = db_imports::ImportOptions::default();
    options.limits.csv = 1_000_000;
    let source = std::fs::File::open(file).unwrap();
    let limits = imports::Limits { batch_rows: 1_000 };
    let parsed = imports::read_file(source, &options, limits, |batch| batches.push(rows(&batch.bytes)));
    let total = parsed.unwrap().rows;
    let pool = database().await;
    let (created, unchanged) = (ours(&pool, &batches).await, ours(&pool, &batches).await);
    let (copied, upserted) = (by_hand(&pool, &batches).await, by_hand(&pool, &batches).await);
    println!(
        "{}",
        serde_json::json!({"rows": total, "create_seconds": created, "unchanged_seconds": unchanged, "by_hand_create_seconds": copied, "by_hand_unchanged_seconds": upserted})
    );
}

fn rows(bytes: &[u8]) -> Vec<BatchRow> {
    let mut reader = BatchReader::open(bytes).unwrap();
    let rules = reader.header().rules.clone();
    let mut rows = Vec::new();
    while let Some((number, content)) = reader.read().unwrap() {
        if let RowContent::Cells(cells) = content
            && let Ok(product) = validate(&cells, &rules)
        {
            rows.push(BatchRow { number, product });
        }
    }
    rows
}

/// Creates a catalogue database, used with the role `pm_imports`.
async fn database() -> PgPool {
    let options: PgConnectOptions = std::env::var("DATABASE_URL").unwrap().parse().unwrap();
    let maintenance = PgPool::connect_with(options.clone()).await.unwrap();
    maintenance.execute("drop database if exists bench_apply").await.unwrap();
    maintenance.execute("create database bench_apply").await.unwrap();
    let options = options.database("bench_apply");
    db_catalog::MIGRATOR.run(&PgPool::connect_with(options.clone()).await.unwrap()).await.unwrap();
    PgPool::connect_with(options.options([("role", "pm_imports")])).await.unwrap()
}

const OURS: TenantId = TenantId(Uuid::from_u128(1));
const THEIRS: TenantId = TenantId(Uuid::from_u128(2));

async fn ours(pool: &PgPool, batches: &[Vec<BatchRow>]) -> f64 {
    let (db, import, began) = (CatalogDb::over(pool.clone()), Uuid::now_v7(), Instant::now());
    for rows in batches {
        let batch = Batch { rows: rows.clone(), ..Batch::new(Uuid::now_v7(), import) };
        db.apply(OURS, &batch, OffsetDateTime::UNIX_EPOCH).await.unwrap();
    }
    began.elapsed().as_secs_f64()
}

/// The SQL by hand: copies all rows into a temporary table, then one upsert.
async fn by_hand(pool: &PgPool, batches: &[Vec<BatchRow>]) -> f64 {
    let began = Instant::now();
    let mut tx = pool.begin().await.unwrap();
    tx.execute(AssertSqlSafe(format!("set local app.tenant_id = '{THEIRS}'"))).await.unwrap();
    tx.execute("create temporary table incoming (like products including defaults) on commit drop").await.unwrap();
    tx.execute("alter table incoming drop column gtin14").await.unwrap();
    let columns = "tenant_id, product_id, sku, ean, title, description, brand, category, price, net_price, currency, stock, \
                   weight_grams, image_urls, supplier_reference, status, created_at, updated_at";
    let mut copy = tx.copy_in_raw(&format!("copy incoming ({columns}) from stdin")).await.unwrap();
    for rows in batches {
        copy.send(lines(rows).as_bytes()).await.unwrap();
    }
    copy.finish().await.unwrap();
    let upsert = format!(
        "insert into products ({columns}) select {columns} from incoming
         on conflict on constraint products_sku_key do update set ean = excluded.ean, title = excluded.title,
             description = excluded.description, brand = excluded.brand, category = excluded.category, price = excluded.price,
             net_price = excluded.net_price, currency = excluded.currency, stock = excluded.stock,
             weight_grams = excluded.weight_grams, image_urls = excluded.image_urls, status = excluded.status
         where (products.ean, products.title, products.description, products.brand, products.category, products.price,
                products.net_price, products.currency, products.stock, products.weight_grams, products.image_urls, products.status)
               is distinct from (excluded.ean, excluded.title, excluded.description, excluded.brand, excluded.category,
                excluded.price, excluded.net_price, excluded.currency, excluded.stock, excluded.weight_grams,
                excluded.image_urls, excluded.status)"
    );
    tx.execute(AssertSqlSafe(upsert)).await.unwrap();
    tx.commit().await.unwrap();
    began.elapsed().as_secs_f64()
}

fn lines(rows: &[BatchRow]) -> String {
    use std::fmt::Write as _;
    let escape = |text: &str| text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
    let text = |value: Option<String>| value.map_or_else(|| "\\N".to_owned(), |value| escape(&value));
    let mut lines = String::new();
    for row in rows {
        let product = &row.product;
        let urls = product.image_urls.clone().unwrap_or_default().join(",");
        let _ = writeln!(
            lines,
            "{THEIRS}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{{{urls}}}\t{}\t{}\t1970-01-01\t1970-01-01",
            Uuid::now_v7(),
            text(product.sku.as_ref().map(|sku| sku.as_str().to_owned())),
            text(product.ean.as_ref().map(|ean| ean.as_str().to_owned())),
            escape(product.title.as_deref().unwrap_or_default()),
            text(product.description.clone()),
            text(product.brand.clone()),
            text(product.category.clone()),
            text(product.price.map(|price| price.to_string())),
            text(product.net_price.map(|price| price.to_string())),
            text(product.currency.map(String::from)),
            text(product.stock.map(|stock| stock.to_string())),
            text(product.weight_grams.map(|grams| grams.to_string())),
            text(product.supplier_reference.clone()),
            product.status.unwrap_or_default().as_str(),
        );
    }
    lines
}
