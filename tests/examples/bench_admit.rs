//! `make bench`: the cost of admitting a request: the token's signature, session and role in PostgreSQL, the limit in
//! DynamoDB.
//!
//!     DATABASE_URL=… STATE_TABLE=… AWS_… bench_admit      a login that may create databases
//!
//! Prints JSON, in microseconds per request: the total, the processor time of this process, and for comparison an empty
//! transaction and a count in DynamoDB.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]
#![expect(clippy::disallowed_methods, reason = "a benchmark has no Env")]

use std::time::Instant;

use access::{AUDIENCE, Claims, admit};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use cloud::Table;
use db_core::{CoreDb, NewOrganisation, NewSession, SigningKey};
use db_tenancy::{Database, Stamp, begin};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use runtime::{App, Env, Rate, TenantId};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const REQUESTS: u32 = 1_000;

#[tokio::main]
async fn main() {
    let options: PgConnectOptions = std::env::var("DATABASE_URL").unwrap().parse().unwrap();
    let maintenance = PgPool::connect_with(options.clone()).await.unwrap();
    maintenance.execute("drop database if exists bench_admit").await.unwrap();
    maintenance.execute("create database bench_admit").await.unwrap();
    let options = options.database("bench_admit");
    db_core::MIGRATOR.run(&PgPool::connect_with(options.clone()).await.unwrap()).await.unwrap();

    let table = std::env::var("STATE_TABLE").unwrap();
    let app = App::new(Env::from([("STAGE", "bench"), ("STATE_TABLE", &table)]));
    let identity = CoreDb::over(as_role(&options, "pm_identity").await);
    let catalog = as_role(&options, "pm_catalog").await;
    app.provide(CoreDb::over(catalog.clone()));
    let cx = app.cx("bench");
    let (tenant, token) = session(&identity, &Stamp::of_job(&cx, "bench"), cx.now).await;
    let wide = (Some(1_000_000), Some(1_000_000), Some(1_000_000));
    identity.set_limits(tenant, "standard", wide, &Stamp::of_job(&cx, "bench")).await.unwrap();

    // Opens pools and clients.
    admit(app.cx("bench"), token.clone(), Rate::Standard).await.unwrap();
    let processor = cpu_seconds();
    let began = Instant::now();
    for _ in 0..REQUESTS {
        assert!(admit(app.cx("bench"), token.clone(), Rate::Standard).await.unwrap().usage.is_some());
    }
    let (all, cpu) = (micros(began), (cpu_seconds() - processor) * 1e6 / f64::from(REQUESTS));
    let began = Instant::now();
    for _ in 0..REQUESTS {
        begin(&catalog, tenant).await.unwrap().commit().await.unwrap();
    }
    let transaction = micros(began);
    let table = cx.get::<Table>().await.unwrap();
    let began = Instant::now();
    for _ in 0..REQUESTS {
        table.count_within("bench/alone", [("a", 1_000_000), ("b", 1_000_000)], 4_000_000_000).await.unwrap();
    }
    let count = micros(began);
    println!(
        "{}",
        serde_json::json!({"admit_us": all, "cpu_us": cpu, "transaction_us": transaction, "count_us": count})
    );
}

async fn as_role(options: &PgConnectOptions, role: &str) -> PgPool {
    let options = options.clone().options([("role", role)]);
    PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

/// Creates an organisation; returns a token of its owner's session.
async fn session(db: &CoreDb, stamp: &Stamp, now: OffsetDateTime) -> (TenantId, String) {
    let (tenant, user, session) = (TenantId(Uuid::now_v7()), Uuid::now_v7(), Uuid::now_v7());
    let email = "bench@shop.example";
    let new = NewOrganisation { tenant, name: "Bench", user, email, password_hash: "x", locale: "en" };
    db.sign_up(&new, stamp).await.unwrap();
    let begun = NewSession {
        tenant,
        session,
        user,
        token_hash: [1; 32],
        remembered: true,
        user_agent: None,
        address: None,
        expires_at: now + Duration::days(1),
    };
    assert!(db.begin_session(&begun, "x", stamp).await.unwrap());
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let public = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap().public_key().as_ref().to_vec();
    let key = SigningKey { id: Uuid::now_v7(), public };
    db.add_signing_key(&key, b"not needed", None, now, now).await.unwrap();
    let claims = Claims {
        iss: "products-manager/bench".to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user,
        tenant_id: tenant,
        session_id: session,
        iat: now.unix_timestamp(),
        exp: now.unix_timestamp() + 7_200,
    };
    let header = Header { kid: Some(key.id.to_string()), ..Header::new(Algorithm::EdDSA) };
    (tenant, encode(&header, &claims, &EncodingKey::from_ed_der(private.as_ref())).unwrap())
}

fn micros(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS)
}

/// Returns the processor time of this process, user and system, in seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
