//! Offers and merges, with the roles that write them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use db_suppliers::{MIGRATOR, NewAutomation, NewOffer, SavedMappingDefinition, SupplierDetails, SuppliersDb};
use db_tenancy::{Database, Stamp};
use mapping::ColumnMapping;
use product::Field;
use runtime::{App, Env, TenantId};
use rust_decimal::Decimal;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::OffsetDateTime;
use uuid::Uuid;

async fn database(options: &PgConnectOptions, role: &str) -> SuppliersDb {
    SuppliersDb::over(PgPool::connect_with(options.clone().options([("role", role)])).await.unwrap())
}

fn stamp() -> Stamp {
    Stamp::of_person(&App::new(Env::default()).cx("test"), Uuid::now_v7(), "a@b.example")
}

fn named(name: &str) -> SupplierDetails {
    SupplierDetails { name: name.to_owned(), ..SupplierDetails::default() }
}

fn offer(product: Uuid, cost: i64, row: i32) -> NewOffer {
    NewOffer { product_id: product, cost_price: Some(Decimal::from(cost)), row: Some(row), ..NewOffer::default() }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn rows_of_a_file_become_offers_once_and_the_last_row_counts(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, imports) = (database(&options, "pm_suppliers").await, database(&options, "pm_imports").await);
    let (tenant, product, import) = (TenantId(Uuid::now_v7()), Uuid::now_v7(), Uuid::now_v7());
    let supplier = imports.supplier_named(tenant, "Nord", &stamp()).await.unwrap().id;
    let now = OffsetDateTime::now_utc();
    let cost = async || db.offers(tenant, product).await.unwrap()[0].cost_price.unwrap().normalize().to_string();
    imports.import_offers(tenant, supplier, import, &[offer(product, 5, 9)], now).await.unwrap();
    let first = db.offers(tenant, product).await.unwrap()[0].updated_at;
    // A batch of earlier rows of the file arrives later; then a batch arrives again.
    imports.import_offers(tenant, supplier, import, &[offer(product, 4, 3), offer(product, 3, 2)], now).await.unwrap();
    imports
        .import_offers(tenant, supplier, import, &[offer(product, 5, 9)], now + time::Duration::hours(1))
        .await
        .unwrap();
    assert_eq!((cost().await.as_str(), db.offers(tenant, product).await.unwrap()[0].updated_at), ("5", first));
    imports.import_offers(tenant, supplier, Uuid::now_v7(), &[offer(product, 6, 2)], now).await.unwrap();
    assert_eq!(cost().await, "6", "the next file");
    assert!(db.offers(TenantId(Uuid::now_v7()), product).await.unwrap().is_empty(), "another organisation");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_name_of_a_merged_supplier_stands_for_the_other_one(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (database(&options, "pm_suppliers").await, TenantId(Uuid::now_v7()));
    let one = db.create_supplier(tenant, named("One"), &stamp()).await.unwrap();
    let two = db.create_supplier(tenant, named("Two"), &stamp()).await.unwrap();
    assert_eq!(db.create_supplier(tenant, named(" one "), &stamp()).await.unwrap_err().code(), "name_taken");
    let (shared, own) = (Uuid::now_v7(), Uuid::now_v7());
    for (supplier, product, cost) in [(&one, shared, 1), (&two, shared, 2), (&one, own, 3)] {
        db.put_offer(tenant, supplier.id, &offer(product, cost, 0), &stamp()).await.unwrap();
    }
    let definition = SavedMappingDefinition {
        columns: vec![ColumnMapping::to_field("ref", Field::Sku)],
        ..SavedMappingDefinition::default()
    };
    for version in [1, 1] {
        let saved = db.put_mapping(tenant, one.id, "daily", &definition, &stamp()).await.unwrap();
        assert_eq!(saved.version, version, "the same is no new version");
    }
    let imports = database(&options, "pm_imports").await;
    let automation = NewAutomation {
        supplier_id: one.id,
        name: "Daily".to_owned(),
        kind: "drop",
        source: serde_json::json!({}),
        secret: None,
        schedule: None,
        time_zone: "Europe/Paris".to_owned(),
        choices: serde_json::json!({}),
        run: "apply",
        enabled: true,
        skip_unchanged: true,
        pause_after: 3,
        next_run_at: None,
        same_server: true,
    };
    let id = Uuid::now_v7();
    imports.put_automation(tenant, id, Some("token"), &automation, &stamp()).await.unwrap();
    db.merge_supplier(tenant, one.id, two.id, &stamp()).await.unwrap();
    assert_eq!(db.mapping_versions(tenant, two.id, "daily").await.unwrap().len(), 1);
    assert_eq!(imports.automation(tenant, id).await.unwrap().supplier_id, two.id);
    assert_eq!(db.delete_supplier(tenant, two.id, &stamp()).await.unwrap_err().code(), "supplier_in_use");
    let offers = db.offers(tenant, shared).await.unwrap();
    assert_eq!(
        (offers.len(), offers[0].supplier_id, offers[0].cost_price),
        (1, two.id, Some(Decimal::from(2))),
        "its own offer stays"
    );
    assert_eq!(db.offers(tenant, own).await.unwrap()[0].supplier_id, two.id);
    assert_eq!(
        db.supplier_named(tenant, "ONE", &stamp()).await.unwrap().id,
        two.id,
        "a file that names it lands there"
    );
    assert_eq!(db.suppliers(tenant, None, false, None, 10).await.unwrap().data.len(), 1);
    // A repeated merge changes nothing; a merge into itself is refused.
    db.merge_supplier(tenant, one.id, two.id, &stamp()).await.unwrap();
    for wrong in [two.id, one.id] {
        assert_eq!(db.merge_supplier(tenant, two.id, wrong, &stamp()).await.unwrap_err().status(), 422);
    }
}
