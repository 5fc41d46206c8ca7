//! Imports that are undone, and what is imported after that.

use std::collections::BTreeMap;

use db_catalog::{Selection, Work};
use db_tenancy::Stamp;
use runtime::{App, Env};

use super::*;

fn stamp() -> Stamp {
    Stamp::of_job(&App::new(Env::default()).cx("test"), "a test")
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nothing_of_an_undone_import_is_written_any_more(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options).await, TenantId(Uuid::now_v7()));
    let import = Uuid::now_v7();
    let rows = |from: i32| (from..from + 50).map(|n| row(n, &format!("N{n}"), "", "New", "1")).collect::<Vec<_>>();
    db.apply(tenant, &batch(import, rows(0)), NOW).await.unwrap();
    let stamp = stamp();
    // A batch that is being written while somebody undoes is undone with the rest, or not written.
    let late = batch(import, rows(100));
    let (written, job) = tokio::join!(db.apply(tenant, &late, NOW), db.begin_import_undo(tenant, import, &stamp));
    let total = if written.is_ok() { 100 } else { 50 };
    assert_eq!(job.unwrap().total, total);
    let refused = db.apply(tenant, &batch(import, rows(200)), NOW).await.unwrap_err();
    assert_eq!(refused.code(), "undone");
    assert_eq!(i64::try_from(all(&db, tenant).await.len()).unwrap(), total);
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_corrected_file_of_an_undone_import_is_created_again(_: PgPoolOptions, options: PgConnectOptions) {
    let (db, tenant) = (catalog(options.clone()).await, TenantId(Uuid::now_v7()));
    let jobs = CatalogDb::over(PgPool::connect_with(options.options([("role", "pm_catalog")])).await.unwrap());
    let stamp = stamp();
    let finish = async |job: Uuid| while jobs.job_step(tenant, job, NOW).await.unwrap() {};
    let parent =
        |title: &'static str| row_of(4, &[(Field::Sku, "shirt"), (Field::Title, title), (Field::Option1Name, "Size")]);
    let variant = row_of(
        5,
        &[(Field::Sku, "S"), (Field::Parent, "shirt"), (Field::Option1Name, "Size"), (Field::Option1Value, "S")],
    );
    let file = |import: Uuid, title: &'static str| {
        let products = vec![row(2, "A", EAN, title, "1"), row(3, "B", "", "Two", ""), parent(title)];
        [
            batch(import, products),
            Batch { number: 1, variants: true, rows: vec![variant.clone()], ..Batch::new(Uuid::now_v7(), import) },
        ]
    };

    // One product goes to the trash by hand before; it stays there.
    let (wrong, corrected) = (Uuid::now_v7(), Uuid::now_v7());
    db.apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "by hand", "", "Mine", "9")]), NOW).await.unwrap();
    let mine = all(&db, tenant).await[0].id;
    let select = Selection { ids: Some(vec![mine]), query: None };
    let trash = jobs.begin_job(tenant, &Work::Trash(select), None, &stamp).await.unwrap();
    finish(trash.id).await;

    for batch in file(wrong, "Wrong") {
        let outcome = db.apply(tenant, &batch, NOW).await.unwrap();
        assert_eq!(outcome.created, batch.rows.len() as i32);
    }
    let before: BTreeMap<_, _> =
        all(&db, tenant).await.into_iter().map(|product| (product.content.sku.clone(), product.id)).collect();
    let undo = db.begin_import_undo(tenant, wrong, &stamp).await.unwrap();
    finish(undo.id).await;
    assert!(all(&db, tenant).await.is_empty());

    let mut previewed = Vec::new();
    for batch in file(corrected, "Right") {
        previewed.extend(db.preview(tenant, &batch, NOW).await.unwrap().1.iter().map(|row| row.action));
    }
    assert_eq!(previewed, ["created"; 4]);
    assert!(all(&db, tenant).await.is_empty(), "a preview changes nothing");
    assert!(db.changed_since_preview(tenant, corrected, &["title".to_owned()], 10).await.unwrap().is_empty());
    for batch in file(corrected, "Right") {
        let outcome = db.apply(tenant, &batch, NOW).await.unwrap();
        assert_eq!(counts(&outcome), (batch.rows.len() as i32, 0, 0, 0, 0), "{:?}", outcome.issues);
    }
    let after = all(&db, tenant).await;
    let ids: BTreeMap<_, _> = after.iter().map(|product| (product.content.sku.clone(), product.id)).collect();
    assert_eq!(ids, before, "they are the same products");
    let first = after.iter().find(|product| product.content.sku.as_deref() == Some("A")).unwrap();
    assert_eq!((first.content.title.as_str(), first.content.ean.as_deref()), ("Right", Some(EAN)));
    // Also what the two files have in common belongs to the import, as with a new product.
    for product in &after {
        assert_eq!(product.owners.of("sku"), Some("import"), "{:?}", product.owners);
    }

    // The second import is undone like the first; what was trashed by hand was never touched.
    let undo = db.begin_import_undo(tenant, corrected, &stamp).await.unwrap();
    finish(undo.id).await;
    assert!(all(&db, tenant).await.is_empty());
    let outcome =
        db.apply(tenant, &batch(Uuid::now_v7(), vec![row(2, "by hand", "", "Mine", "1")]), NOW).await.unwrap();
    assert_eq!(counts(&outcome), (0, 0, 0, 1, 0));
    assert_eq!(outcome.issues[0].error.code, "in_trash");
}
