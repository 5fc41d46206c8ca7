//! `make bench`: searches among 500,000 products, as the handlers do.
//!
//!     DATABASE_URL=… bench_catalog PRODUCTS     a login that may create databases
//!
//! Prints JSON: for each kind of request the median and the 95th percentile of 200 (in milliseconds), and the plan of
//! one that was slower than its budget.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]
#![expect(clippy::disallowed_methods, reason = "a benchmark has no Env")]

use std::time::Instant;

use db_catalog::{CatalogDb, Condition, Op, ProductQuery, Sort};
use db_tenancy::Database;
use runtime::{PageQuery, TenantId};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool};
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const TIMES: u32 = 200;
/// How many products one statement writes.
const CHUNK: u32 = 20_000;

#[tokio::main]
async fn main() {
    let products: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let owner = database().await;
    let began = Instant::now();
    fill(&owner, products).await;
    let filled = began.elapsed().as_secs_f64();
    let options = (*owner.connect_options()).clone().options([("role", "pm_catalog")]);
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let db = CatalogDb::over(pool);
    let mut results = Vec::new();
    for (kind, budget, make) in kinds(products) {
        results.push(measure(&db, kind, budget, make).await);
    }
    println!("{}", json!({ "products": products, "fill_seconds": filled, "results": results }));
}

type Make = Box<dyn Fn(u32) -> ProductQuery>;

/// A kind of request: its name, its budget in milliseconds, and its `n`th query.
fn kinds(products: u32) -> Vec<(&'static str, f64, Make)> {
    let condition = |field: &str, op, value: Value| Condition { field: field.to_owned(), op, value };
    let filtered = move |filter: Vec<Condition>, sort, descending| ProductQuery { q: None, filter, sort, descending };
    let words = |text: String| ProductQuery { q: Some(text), ..ProductQuery::default() };
    let any = move |n: u32| n.wrapping_mul(2_654_435_761) % products + 1;
    vec![
        (
            "by SKU",
            5.0,
            Box::new(move |n| {
                filtered(vec![condition("sku", Op::Equals, json!(format!("SKU-{}", any(n))))], None, false)
            }),
        ),
        (
            "by EAN",
            5.0,
            Box::new(move |n| filtered(vec![condition("ean", Op::Equals, json!(ean(any(n))))], None, false)),
        ),
        ("newest 50", 20.0, Box::new(move |_| ProductQuery::default())),
        (
            "brand (0.2 %)",
            20.0,
            Box::new(move |n| {
                filtered(vec![condition("brand", Op::Equals, json!(format!("Brand {}", n % 500)))], None, false)
            }),
        ),
        (
            "category with its subtree (5 %)",
            20.0,
            Box::new(move |n| filtered(vec![condition("category_ids", Op::Equals, json!(root(n % 20)))], None, false)),
        ),
        (
            "leaf category (0.25 %)",
            20.0,
            Box::new(move |n| filtered(vec![condition("category_ids", Op::Equals, json!(leaf(n % 400)))], None, false)),
        ),
        (
            "status and supplier (0.2 %), by title",
            20.0,
            Box::new(move |n| {
                let supplier = Uuid::from_u128(u128::from(n % 50) + 1_000);
                filtered(
                    vec![
                        condition("status", Op::Equals, json!("draft")),
                        condition("supplier_id", Op::Equals, json!(supplier)),
                    ],
                    Some(Sort::Title),
                    false,
                )
            }),
        ),
        (
            "price between (1 %), dearest first",
            20.0,
            Box::new(move |n| {
                filtered(vec![condition("price", Op::Between, json!([n % 900, n % 900 + 10]))], Some(Sort::Price), true)
            }),
        ),
        (
            "attribute (1 %)",
            20.0,
            Box::new(move |n| {
                filtered(
                    vec![condition("attributes.color", Op::Equals, json!(format!("color-{}", n % 100)))],
                    None,
                    false,
                )
            }),
        ),
        (
            "attribute and stock",
            20.0,
            Box::new(move |n| {
                filtered(
                    vec![
                        condition("attributes.color", Op::Equals, json!(format!("color-{}", n % 100))),
                        condition("stock", Op::AtLeast, json!(40)),
                    ],
                    None,
                    false,
                )
            }),
        ),
        (
            "no image, lowest completeness first",
            20.0,
            Box::new(move |n| {
                filtered(
                    vec![
                        condition("image", Op::Equals, json!(false)),
                        condition("completeness", Op::AtMost, json!(20 + n % 60)),
                    ],
                    Some(Sort::Completeness),
                    false,
                )
            }),
        ),
        (
            "changed since",
            20.0,
            Box::new(move |n| {
                filtered(
                    vec![condition("updated_at", Op::AtLeast, json!(format!("2026-01-{:02}T00:00:00Z", n % 28 + 1)))],
                    Some(Sort::UpdatedAt),
                    false,
                )
            }),
        ),
        ("search: one word (0.1 %)", 60.0, Box::new(move |n| words(word(n % 1_000)))),
        ("search: two words", 60.0, Box::new(move |n| words(format!("{} {}", word(n % 1_000), word((n + 1) % 1_000))))),
        (
            "search: a word that 20 % have",
            60.0,
            Box::new(move |n| words(["perceuse", "marteau", "lampe", "chaise", "vis"][n as usize % 5].to_owned())),
        ),
        ("search: unfinished word", 60.0, Box::new(move |n| words(word(n % 1_000)[..5].to_owned()))),
        ("search: misspelt word", 60.0, Box::new(move |n| words(word(n % 1_000).replacen('a', "e", 1) + "s"))),
        ("search: code", 60.0, Box::new(move |n| words(ean(any(n))))),
        (
            "search within a brand",
            60.0,
            Box::new(move |n| {
                let filter = vec![condition("brand", Op::Equals, json!(format!("Brand {}", n % 500)))];
                ProductQuery { q: Some("perceuse".to_owned()), filter, ..ProductQuery::default() }
            }),
        ),
    ]
}

async fn measure(db: &CatalogDb, kind: &str, budget: f64, make: Make) -> Value {
    let page = PageQuery::default();
    let (mut times, mut worst, mut found) = (Vec::new(), (0.0, 0), 0);
    for n in 0..TIMES {
        let query = make(n);
        let began = Instant::now();
        let answer = db.find_products(TENANT, &query, &page, false).await.unwrap();
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        found += answer.data.len();
        if took > worst.0 && n > 0 {
            worst = (took, n);
        }
        times.push(took);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let plan = if at(0.95) > budget { Some(db.explain_products(TENANT, &make(worst.1)).await.unwrap()) } else { None };
    json!({ "kind": kind, "budget_ms": budget, "p50_ms": at(0.5), "p95_ms": at(0.95), "found": found, "plan": plan })
}

/// Returns a GTIN-13 with its check digit.
fn ean(number: u32) -> String {
    let digits = format!("{:012}", 200_000_000_000_u64 + u64::from(number));
    let sum: u32 =
        digits.bytes().enumerate().map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 }).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Returns an invented word: four syllables by number.
fn word(number: u32) -> String {
    const SYLLABLES: [&str; 10] = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru"];
    [number / 100 % 10, number / 10 % 10, number % 10, (number * 7 + 3) % 10]
        .iter()
        .map(|at| SYLLABLES[*at as usize])
        .collect()
}

fn root(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number) + 10_000)
}

fn leaf(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number) + 20_000)
}

async fn database() -> PgPool {
    let options: PgConnectOptions = std::env::var("DATABASE_URL").unwrap().parse().unwrap();
    let maintenance = PgPool::connect_with(options.clone()).await.unwrap();
    maintenance.execute("drop database if exists bench_catalog").await.unwrap();
    maintenance.execute("create database bench_catalog").await.unwrap();
    let pool = PgPool::connect_with(options.database("bench_catalog")).await.unwrap();
    db_catalog::MIGRATOR.run(&pool).await.unwrap();
    pool
}

/// Half a million products: 500 brands, 20 categories with 20 below each, 50 suppliers, 100 colours, titles of a common
/// word and two rare ones. A tenth as many belong to another organisation.
async fn fill(pool: &PgPool, products: u32) {
    let words: Vec<String> = (0..1_000).map(|number| format!("'{}'", word(number))).collect();
    let tenants = [(TENANT.0, products), (Uuid::from_u128(2), products / 10)];
    for (tenant, number) in tenants {
        let mut connection = pool.acquire().await.unwrap();
        connection.execute("set role pm_catalog").await.unwrap();
        connection.execute(AssertSqlSafe(format!("set app.tenant_id = '{tenant}'"))).await.unwrap();
        connection
            .execute(AssertSqlSafe(format!(
                "insert into catalogs (tenant_id, language, products) values ('{tenant}', 'french', {number})"
            )))
            .await
            .unwrap();
        connection
            .execute(AssertSqlSafe(format!(
                "insert into categories (tenant_id, category_id, parent_id, name, path, created_at)
                 select '{tenant}', lpad(to_hex(10000 + r), 32, '0')::uuid, null, 'Root ' || r, array[lpad(to_hex(10000 + r), 32, '0')::uuid], now()
                 from generate_series(0, 19) r"
            )))
            .await
            .unwrap();
        connection
            .execute(AssertSqlSafe(format!(
                "insert into categories (tenant_id, category_id, parent_id, name, path, created_at)
                 select '{tenant}', lpad(to_hex(20000 + l), 32, '0')::uuid, lpad(to_hex(10000 + l / 20), 32, '0')::uuid, 'Leaf ' || l,
                        array[lpad(to_hex(10000 + l / 20), 32, '0')::uuid, lpad(to_hex(20000 + l), 32, '0')::uuid], now()
                 from generate_series(0, 399) l"
            )))
            .await
            .unwrap();
        // Two at a time, as many as the machine has cores.
        let chunks: Vec<u32> = (1..=number).step_by(CHUNK as usize).collect();
        let halves = chunks.chunks(chunks.len().div_ceil(2).max(1));
        let filling = halves.map(async |half| {
            let mut connection = pool.acquire().await.unwrap();
            connection.execute("set role pm_catalog").await.unwrap();
            connection.execute(AssertSqlSafe(format!("set app.tenant_id = '{tenant}'"))).await.unwrap();
            for from in half {
                let to = (from + CHUNK - 1).min(number);
                let insert = format!(
                    "insert into products (tenant_id, product_id, sku, ean, title, description, brand, category_ids, price, currency, stock, supplier_id,
                            status, tags, attributes, image_urls, completeness, missing, language, created_at, updated_at)
                     select '{tenant}', (lpad(to_hex(n), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid, 'SKU-' || n,
                            d || (10 - (select sum(substr(d, at, 1)::int * (1 + 2 * ((at + 1) % 2))) from generate_series(1, 12) at) % 10) % 10,
                            (array['Perceuse', 'Marteau', 'Lampe', 'Chaise', 'Vis'])[n % 5 + 1] || ' ' || (w)[n * 7 % 1000 + 1] || ' ' || (w)[n * 13 % 1000 + 1],
                            'Un produit de qualité pour la maison et le jardin, livré en trois jours avec sa notice. <b>Référence ' || n || '</b>',
                            'Brand ' || n % 500, array[lpad(to_hex(20000 + n % 400), 32, '0')::uuid], (n * 37 % 100000) / 100.0, 'EUR', n % 50,
                            lpad(to_hex(1000 + n % 50), 32, '0')::uuid, (array['active', 'active', 'active', 'active', 'active', 'active', 'active', 'active', 'active', 'draft'])[n / 50 % 10 + 1],
                            array['tag-' || n % 30], jsonb_build_object('color', 'color-' || n % 100, 'size', jsonb_build_object('amount', (n % 90)::text, 'unit', 'cm')),
                            case when n % 3 > 0 then array['https://images.example/' || n] else '{{}}' end, n % 101, array['asin', 'icecat'], 'french', now(),
                            '2026-01-01'::timestamptz + make_interval(secs => n * 5)
                     from (select n::bigint as n, (200000000000 + n)::text as d, array[{}] as w from generate_series({from}, {to}) n) as made",
                    words.join(", ")
                );
                connection.execute(AssertSqlSafe(insert)).await.unwrap();
            }
        });
        futures::future::join_all(filling).await;
        let insert = format!(
            "insert into words select '{tenant}', word from unnest(array[{}, 'perceuse', 'marteau', 'lampe', 'chaise']) word",
            words.join(", ")
        );
        connection.execute(AssertSqlSafe(insert)).await.unwrap();
    }
    pool.execute("vacuum (analyze) products").await.unwrap();
    pool.execute("vacuum (analyze) words").await.unwrap();
}
