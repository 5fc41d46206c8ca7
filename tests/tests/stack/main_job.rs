//! The main job: imports a supplier's file, exports a Shopify file.

use client::{ColumnMapping, Error, NewExport, NewImport};
use e2e::{Scratch, Stack, Tenant, csv, eventually};

/// The example file of a supplier in this repository, with its invalid rows.
fn supplier_file() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/supplier-catalogue.csv")).unwrap()
}

#[tokio::test]
async fn a_supplier_file_becomes_a_catalogue_and_a_shopify_file() {
    let mut tenant = Tenant::new("Main job").await;
    let created = tenant
        .begin(&supplier_file(), NewImport { supplier: Some("L'Atelier du Nord".into()), ..NewImport::default() })
        .await;
    let import = tenant.finished(&created.import.id).await;
    assert_eq!(import.status, "completed_with_errors");
    assert_eq!(
        (import.totals.rows, import.totals.created, import.totals.skipped, import.totals.rejected),
        (Some(1200), 1173, 5, 22)
    );
    let layout = import.layout.as_ref().unwrap();
    assert_eq!(
        (layout.encoding.as_str(), layout.delimiter.as_deref(), layout.decimal_mark.as_str()),
        ("UTF-8", Some(";"), "comma")
    );

    // Every kind of value of the product is correct.
    let page = tenant.client.products(&[("sku", "SF-000001".to_owned())]).await.unwrap();
    let product = &page.data[0];
    assert_eq!(product.title, "Sécateur à enclume Bodum sans BPA, grand modèle");
    assert_eq!((product.ean.as_deref(), product.price.as_deref()), (Some("2900000000018"), Some("13.61")));
    assert_eq!(
        (product.currency.as_deref(), product.stock, product.weight.as_ref().map(|weight| weight.value.as_str())),
        (Some("EUR"), Some(8), Some("329"))
    );
    assert_eq!(product.image_urls.as_deref().unwrap_or_default(), ["https://images.example/1/1.jpg"]);
    assert_eq!(tenant.client.product(&product.id).await.unwrap().sku, product.sku);
    assert_eq!(tenant.client.suppliers().await.unwrap().data[0].name, "L'Atelier du Nord");

    // Errors name row, column, value and remedy, in pages and as a file.
    let first = tenant.client.import_errors(&import.id, 10, None).await.unwrap();
    assert_eq!(first.data.len(), 10);
    let negative = &first.data[0];
    assert_eq!(
        (negative.row, negative.column.as_deref(), negative.code.as_str()),
        (54, Some("Prix TTC"), "price_negative")
    );
    let rest = tenant.client.import_errors(&import.id, 200, first.next_cursor.as_deref()).await.unwrap();
    assert!(rest.data[0].row > first.data[9].row && rest.next_cursor.is_none());
    // The report has the form of the file: its 22 rejected rows, and what is wrong with each.
    let report = reqwest::get(import.error_report_url.unwrap()).await.unwrap().text().await.unwrap();
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').from_reader(report.trim_start_matches('\u{feff}').as_bytes());
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let own: Vec<String> = supplier_file()
        .split(|byte| *byte == b'\n')
        .next()
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .unwrap()
        .trim_start_matches('\u{feff}')
        .trim_end()
        .split(';')
        .map(str::to_owned)
        .collect();
    assert_eq!(
        (&headers[..own.len()], &headers[own.len()..]),
        (own.as_slice(), ["error", "field", "fix"].map(str::to_owned).as_slice())
    );
    assert_eq!(reader.records().map(Result::unwrap).count(), 22);

    // The same file again changes nothing.
    let again = tenant.import(&supplier_file()).await;
    assert_eq!((again.totals.created, again.totals.updated, again.totals.unchanged), (0, 0, 1173));

    let exported = export(&mut tenant, "all").await;
    let mut reader = csv::Reader::from_reader(exported.as_bytes());
    let headers = reader.headers().unwrap().clone();
    assert_eq!(headers.len(), 56);
    assert_eq!(headers.iter().take(3).collect::<Vec<_>>(), ["Title", "URL handle", "Description"]);
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let handles: std::collections::HashSet<&str> =
        records.iter().filter(|row| !row[0].is_empty()).map(|row| &row[1]).collect();
    let products = records.iter().filter(|row| !row[0].is_empty()).count();
    assert_eq!(handles.len(), products, "no two products share a handle");
    let first = records.iter().find(|row| &row[9] == "SF-000001").unwrap();
    assert_eq!((&first[10], &first[20], &first[30]), ("2900000000018", "13.61", "8"));
    let statuses: std::collections::HashSet<&str> = records.iter().map(|row| &row[8]).collect();
    assert_eq!(
        statuses,
        ["Active", ""].into(),
        "only active products are exported; rows of further images have no status"
    );

    // The results of the jobs reach the statistics through outbox, bus and queue.
    eventually("the statistics of two imports and an export", async || {
        let rows = Stack::get().sql("db_analytics", &tenant.id, "select job_id from job_metrics").await;
        (rows.len() == 3).then_some(())
    })
    .await;
}

async fn export(tenant: &mut Tenant, columns: &str) -> String {
    let new = NewExport::of("shopify").with("options.columns", columns);
    let id = tenant.client.create_export(&new).await.unwrap().id;
    let export = eventually("the export's end", async || {
        let export = tenant.client.export(&id).await.unwrap();
        assert_ne!(export.status, "failed", "{export:?}");
        (export.status == "completed").then_some(export)
    })
    .await;
    assert_eq!(Some(export.exported + export.left_out), export.total_products);
    let file = Scratch::new(b"");
    tenant.client.download(export.files[0].url.as_ref().unwrap(), &file.0).await.unwrap();
    std::fs::read_to_string(&file.0).unwrap()
}

#[tokio::test]
async fn more_than_a_thousand_products_are_exported_in_the_background() {
    let mut tenant = Tenant::new("Background export").await;
    assert_eq!(tenant.import(&csv(1_100, "x")).await.status, "completed");
    let file = export(&mut tenant, "filled").await;
    assert_eq!(file.lines().count(), 1_101);
    assert!(!file.lines().next().unwrap().contains("Tax code"));
}

#[tokio::test]
async fn a_mapping_by_hand_is_applied() {
    let mut tenant = Tenant::new("Mapping").await;
    let map = |column: &str, field: &str| ColumnMapping { column: column.into(), field: Some(field.into()) };
    let new = NewImport {
        mapping: Some(vec![map("A", "sku"), map("b ", "title")]),
        currency: Some("CHF".into()),
        ..NewImport::default()
    };
    let created = tenant.begin(b"A;B;price\n1;Eins;5\n", new).await;
    assert_eq!(tenant.finished(&created.import.id).await.status, "completed");
    assert_eq!(tenant.catalogue().await, [("1".into(), "Eins".into(), String::new())]);

    let new = NewImport { mapping: Some(vec![map("A", "sku"), map("missing", "title")]), ..NewImport::default() };
    let created = tenant.begin(b"A;B\n1;Eins\n", new).await;
    let import = tenant.finished(&created.import.id).await;
    assert_eq!(
        (import.status.as_str(), import.totals.unchanged),
        ("completed", 1),
        "a column that is gone is a warning"
    );
    assert_eq!(import.warnings[0].code, "column_missing");
    let new = NewImport { mapping: Some(vec![map("missing", "sku"), map("B", "title")]), ..NewImport::default() };
    let created = tenant.begin(b"A;B\n1;Eins\n", new).await;
    let failed = tenant.finished(&created.import.id).await;
    assert_eq!(
        (failed.status.as_str(), failed.code.as_deref()),
        ("failed", Some("columns_missing")),
        "no row has a code"
    );
}

#[tokio::test]
async fn the_mode_decides_whether_existing_products_are_updated() {
    let mut tenant = Tenant::new("Modes").await;
    tenant.import(b"sku,title,price\n1,One,1\n").await;
    for mode in ["ignore", "create_only"] {
        let new = NewImport { mode: Some(mode.into()), ..NewImport::default() };
        let created = tenant.begin(format!("sku,title,price\n1,Changed,9\n{mode},New,2\n").as_bytes(), new).await;
        let import = tenant.finished(&created.import.id).await;
        assert_eq!((import.totals.created, import.totals.skipped), (1, 1));
    }
    let import = tenant.import(b"sku,title,price\n1,Changed,\n").await;
    assert_eq!(import.totals.updated, 1);
    let kept = tenant.client.products(&[("sku", "1".to_owned())]).await.unwrap();
    assert_eq!(
        (kept.data[0].title.as_str(), kept.data[0].price.as_deref()),
        ("Changed", Some("1")),
        "a blank cell erases nothing"
    );
}

#[tokio::test]
async fn the_upload_accepts_only_the_announced_size() {
    let mut tenant = Tenant::new("Upload").await;
    let new = NewImport { file_name: "a.csv".into(), size_bytes: 20, ..NewImport::default() };
    let created = tenant.client.create_import(&new).await.unwrap();
    let longer = Scratch::new(&csv(10, "longer than announced"));
    let to = created.upload.unwrap();
    let mut other = to.clone();
    other.headers.insert("content-length".into(), std::fs::metadata(&longer.0).unwrap().len().to_string());
    assert!(matches!(tenant.client.upload(&other, &longer.0, |_| ()).await, Err(Error::Upload { status: 403, .. })));
    let mut other = to.clone();
    other.headers.insert("content-type".into(), "text/html".into());
    assert!(matches!(
        tenant.client.upload(&other, &Scratch::new(&[b'x'; 20]).0, |_| ()).await,
        Err(Error::Upload { status: 403, .. })
    ));
    assert_eq!(tenant.client.import(&created.import.id).await.unwrap().status, "awaiting_upload");

    let Err(Error::Refused(problem)) = tenant
        .client
        .create_import(&NewImport { file_name: "a.csv".into(), size_bytes: 50_000_001, ..NewImport::default() })
        .await
    else {
        panic!("a file of more than 50 MB is refused");
    };
    assert_eq!((problem.status, problem.errors[0].code.as_str()), (422, "file_too_large"));
}
