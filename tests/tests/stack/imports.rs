//! Imports from end to end: inspect, preview, apply, guards, reports, undo; every format.

use std::collections::BTreeMap;

use e2e::{Tenant, refusal};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::catalogue::job_ended;
use crate::organisations::member;

/// A workbook with two sheets, a title above the columns, and EANs as numbers.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Conditions").unwrap().write(0, 0, "Conditions générales").unwrap();
    let sheet = workbook.add_worksheet().set_name("Tarif").unwrap();
    sheet.write(0, 0, "Tarif de novembre").unwrap();
    for (column, name) in ["Réf. article", "Désignation", "Code EAN", "Prix TTC"].into_iter().enumerate() {
        sheet.write(2, u16::try_from(column).unwrap(), name).unwrap();
    }
    for (row, (sku, title, ean, price)) in
        (3_u32..).zip([("0012", "Écrou", 4_006_381_333_931_i64, "1,50 €"), ("0013", "Vis", 96_385_074, "gratuit")])
    {
        sheet.write(row, 0, sku).unwrap();
        sheet.write(row, 1, title).unwrap();
        sheet.write(row, 2, ean).unwrap();
        sheet.write(row, 3, price).unwrap();
    }
    workbook.save_to_buffer().unwrap()
}

/// Returns every product of the organisation by SKU, without the fields that each read or write changes.
async fn catalogue(tenant: &mut Tenant) -> BTreeMap<String, Value> {
    let mut products = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = tenant.get(&format!("/v1/products?limit=200{cursor}")).await;
        for product in page["data"].as_array().unwrap() {
            let mut product = product.clone();
            for field in ["version", "updated_at"] {
                product.as_object_mut().unwrap().remove(field);
            }
            products.insert(product["sku"].as_str().unwrap_or_default().to_owned(), product);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return products,
        }
    }
}

#[tokio::test]
async fn a_workbook_is_inspected_previewed_applied_and_undone() {
    let mut tenant = Tenant::new("Workbook").await;
    let first = tenant.import(b"sku;title;price\n0012;Old nut;1\nother;Other;5\n").await;
    assert_eq!(first.totals.created, 2);
    let before = catalogue(&mut tenant).await;

    let id = tenant.send(&workbook(), Some("Quincaillerie"), json!({"run": "inspect", "language": "fr"})).await;
    assert_eq!(tenant.refused("GET", "/v1/imports/0192b1de-0000-7000-8000-000000000000", Value::Null).await.0, 404);
    tenant.reaches(&id, &["uploaded"]).await;
    let wrong = tenant.post(&format!("/v1/imports/{id}/inspect"), json!({})).await;
    assert_eq!((wrong["format"].as_str(), wrong["sheet"].as_str()), (Some("xlsx"), Some("Conditions")));
    let read = json!({"sheet": "Tarif"});
    let found = tenant.post(&format!("/v1/imports/{id}/inspect"), json!({"read": read})).await;
    assert_eq!((found["header_row"].as_u64(), found["rows"].as_u64()), (Some(3), Some(2)));
    let fields: Vec<&str> =
        found["columns"].as_array().unwrap().iter().map(|column| column["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["sku", "title", "ean", "price"]);
    assert_eq!(
        (found["columns"][2]["profile"]["kind"].as_str(), found["columns"][2]["confidence"].as_u64()),
        (Some("ean"), Some(90))
    );

    tenant.post(&format!("/v1/imports/{id}/preview"), json!({"read": read})).await;
    let ready = tenant.reaches(&id, &["ready"]).await;
    assert_eq!((ready["totals"]["updated"].as_u64(), ready["totals"]["rejected"].as_u64()), (Some(1), Some(1)));
    assert_eq!(catalogue(&mut tenant).await, before, "a preview changes nothing");
    let page = tenant.get(&format!("/v1/imports/{id}/preview?action=updated")).await;
    let row = &page["data"][0];
    assert_eq!((row["row"].as_u64(), row["sku"].as_str()), (Some(4), Some("0012")));
    assert_eq!(row["changes"]["title"], json!({"old": "Old nut", "new": "Écrou"}));
    assert_eq!(row["price_move"], "50.00");
    let file = tenant.get(&format!("/v1/imports/{id}/preview/download")).await;
    let text = reqwest::get(file["url"].as_str().unwrap()).await.unwrap().text().await.unwrap();
    assert!(text.contains("4,updated,0012,4006381333931,Écrou,title,Old nut,Écrou"), "{text}");
    let errors = tenant.get(&format!("/v1/imports/{id}/errors")).await;
    assert_eq!(
        (errors["data"][0]["column"].as_str(), errors["data"][0]["code"].as_str()),
        (Some("Prix TTC"), Some("field_format_invalid"))
    );
    assert!(errors["data"][0]["message"].as_str().unwrap().contains("un nombre est attendu"));

    tenant.post(&format!("/v1/imports/{id}/apply"), json!({})).await;
    let done = tenant.reaches(&id, &["completed_with_errors"]).await;
    assert_eq!((done["totals"]["updated"].as_u64(), done["totals"]["rejected"].as_u64()), (Some(1), Some(1)));
    let after = catalogue(&mut tenant).await;
    assert_eq!(after["0012"]["title"], "Écrou");
    assert_eq!(after["other"], before["other"]);

    // The report contains the rejected row as in the sheet; corrected, it is the only row of the next import.
    let report = reqwest::get(done["error_report_url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap();
    let mut table = tabular::open(&report[..]).unwrap();
    assert_eq!(
        table.layout().headers,
        ["Réf. article", "Désignation", "Code EAN", "Prix TTC", "error", "field", "fix"]
    );
    let mut row = tabular::Row::default();
    assert!(table.read(&mut row).unwrap());
    let corrected = format!(
        "Réf. article;Désignation;Code EAN;Prix TTC;error;field;fix\n{};{};{};2,50;{};{};{}\n",
        row.cell(0),
        row.cell(1),
        row.cell(2),
        row.cell(4),
        row.cell(5),
        row.cell(6)
    );
    assert!(!table.read(&mut row).unwrap(), "one row was rejected");
    let again = tenant.send(corrected.as_bytes(), None, json!({"like": id, "read": {}})).await;
    let again = tenant.finished(&again).await;
    assert_eq!((again.status.as_str(), again.totals.rows, again.totals.created), ("completed", Some(1), 1));

    // A field that somebody edited stays when the import is undone; everything else is restored.
    let product = after["0012"]["id"].as_str().unwrap().to_owned();
    tenant
        .client
        .call_seen("PATCH", &format!("/v1/products/{product}"), Some(&json!({"title": "Mine"})), Some("*"))
        .await
        .unwrap();
    let job = tenant.post(&format!("/v1/imports/{id}/undo"), json!({})).await;
    let job = job_ended(&mut tenant, job["id"].as_str().unwrap()).await;
    assert_eq!((job["changed"].as_i64(), job["kept"].as_i64(), job["failed"].as_i64()), (Some(1), Some(1), Some(0)));
    assert_eq!(
        (job["problems"][0]["code"].as_str(), job["problems"][0]["field"].as_str()),
        (Some("edited_since"), Some("title"))
    );
    let restored = catalogue(&mut tenant).await;
    assert_eq!(restored["other"], before["other"], "rows that the import did not touch are as before");
    assert_eq!(
        (restored["0012"]["title"].as_str(), restored["0012"]["price"].as_str(), restored["0012"]["ean"].as_str()),
        (Some("Mine"), Some("1"), None)
    );
    assert_eq!(
        tenant.refused("POST", &format!("/v1/imports/{id}/undo"), json!({})).await,
        (409, "already_undone".into())
    );
    let events = tenant.get(&format!("/v1/imports/{id}/events")).await;
    let names: Vec<&str> =
        events["data"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    for name in ["uploaded", "started", "previewed", "released", "completed_with_errors", "undone"] {
        assert!(names.contains(&name), "{name} is in {names:?}");
    }
}

#[tokio::test]
async fn guards_hold_unwanted_imports() {
    let mut tenant = Tenant::new("Guards").await;
    let rows = |price: u32, count: u32| {
        let mut text = String::from("sku;title;price\n");
        (0..count).for_each(|n| text += &format!("G{n};Product {n};{price}\n"));
        text.into_bytes()
    };
    let guards = json!({"guards": {"price_percent": "20", "absent_percent": "10", "shrinks_percent": "50", "new_columns": true}, "missing": "archive"});
    let first = tenant.send(&rows(10, 10), Some("Guarded"), guards.clone()).await;
    assert_eq!(tenant.finished(&first).await.totals.created, 10);

    let id = tenant.send(&rows(15, 4), Some("Guarded"), guards.clone()).await;
    let held = tenant.reaches(&id, &["held"]).await;
    let codes: Vec<&str> =
        held["holds"].as_array().unwrap().iter().map(|hold| hold["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["file_shrank", "too_many_absent", "prices_moved"]);
    let absent = tenant.get(&format!("/v1/imports/{id}/preview?action=absent")).await;
    assert_eq!(absent["data"].as_array().unwrap().len(), 6);
    let products = tenant.get("/v1/products?status=active&limit=200").await;
    assert_eq!(products["data"].as_array().unwrap().len(), 10, "nothing was changed");
    tenant.post(&format!("/v1/imports/{id}/apply"), json!({})).await;
    let done = tenant.reaches(&id, &["completed"]).await;
    assert_eq!((done["totals"]["updated"].as_u64(), done["absent_products"].as_u64()), (Some(4), Some(6)));
    let archived = tenant.get("/v1/products?status=archived&limit=200").await;
    assert_eq!(archived["data"].as_array().unwrap().len(), 6);
    let job = tenant.post(&format!("/v1/imports/{id}/undo"), json!({})).await;
    job_ended(&mut tenant, job["id"].as_str().unwrap()).await;
    let products = tenant.get("/v1/products?status=active&limit=200").await;
    assert_eq!(products["data"].as_array().unwrap().len(), 10, "undone: the archived ones too");

    let other = tenant
        .send(b"sku;title;colour\nG0;Product 0;red\n", Some("Guarded"), json!({"guards": {"new_columns": true}}))
        .await;
    let held = tenant.reaches(&other, &["held"]).await;
    assert_eq!(held["holds"][0]["code"], "columns_changed");
    tenant.post(&format!("/v1/imports/{other}/cancel"), json!({})).await;
    assert_eq!(tenant.get(&format!("/v1/imports/{other}")).await["status"], "cancelled");
    assert_eq!(tenant.refused("POST", &format!("/v1/imports/{other}/apply"), json!({})).await.0, 409);

    // A truncated JSON file is held with its complete records; without guards it is refused.
    let cut = br#"[{"sku": "J1", "title": "One"}, {"sku": "J2", "ti"#;
    let refused = tenant.send(cut, None, json!({})).await;
    assert_eq!(tenant.reaches(&refused, &["failed"]).await["code"], "file_cut_short");
    let held = tenant.send(cut, None, json!({"guards": {"cut_short": true}})).await;
    assert_eq!(tenant.reaches(&held, &["held"]).await["holds"][0]["code"], "file_cut_short");
    tenant.post(&format!("/v1/imports/{held}/apply"), json!({})).await;
    assert_eq!(tenant.finished(&held).await.totals.created, 1);

    // All or nothing: one wrong row blocks the others.
    let none = tenant.send(b"sku;title;price\nN1;One;1\nN2;Two;-1\n", None, json!({"all_or_nothing": true})).await;
    let failed = tenant.reaches(&none, &["failed"]).await;
    assert_eq!((failed["code"].as_str(), failed["error_report_url"].is_string()), (Some("rows_rejected"), true));
    assert!(tenant.get("/v1/products?sku=N1").await["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn an_outdated_preview_is_not_applied() {
    let mut tenant = Tenant::new("Stale preview").await;
    tenant.import(b"sku;title;price;stock\nS1;One;1;1\nS2;Two;2;2\n").await;
    let id = tenant.send(b"sku;title;price\nS1;One;3\nS3;New;4\n", None, json!({"run": "preview"})).await;
    tenant.reaches(&id, &["ready"]).await;
    let products = catalogue(&mut tenant).await;
    let product = products["S1"]["id"].as_str().unwrap();
    let edit = |body: Value| (format!("/v1/products/{product}"), body);
    // A change of a field that the file does not contain does not matter.
    let (path, body) = edit(json!({"stock": 9}));
    tenant.client.call_seen("PATCH", &path, Some(&body), Some("*")).await.unwrap();
    let (path, body) = edit(json!({"price": "8"}));
    tenant.client.call_seen("PATCH", &path, Some(&body), Some("*")).await.unwrap();
    let apply = format!("/v1/imports/{id}/apply");
    assert_eq!(tenant.refused("POST", &apply, json!({})).await, (409, "catalogue_changed".into()));
    tenant.post(&format!("/v1/imports/{id}/preview"), json!({})).await;
    tenant.reaches(&id, &["ready"]).await;
    let page = tenant.get(&format!("/v1/imports/{id}/preview?action=updated")).await;
    assert_eq!(page["data"][0]["changes"]["price"], json!({"old": "8", "new": "3"}));
    let (path, body) = edit(json!({"stock": 10}));
    tenant.client.call_seen("PATCH", &path, Some(&body), Some("*")).await.unwrap();
    tenant.post(&apply, json!({})).await;
    let done = tenant.finished(&id).await;
    assert_eq!((done.totals.updated, done.totals.created), (1, 1));
    let other = Tenant::new("Stranger").await;
    let mut other = other;
    for path in [format!("/v1/imports/{id}/preview"), format!("/v1/imports/{id}/preview/download")] {
        assert_eq!(other.refused("GET", &path, Value::Null).await.0, 404);
    }
}

#[tokio::test]
async fn a_shop_export_is_imported_completely_and_a_mapping_is_remembered() {
    let mut tenant = Tenant::new("Shop").await;
    let shopify = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Image Src,Image Position,Status\n\
        tee,Tee,<p>Soft</p>,Acme,Shirts,\"a, b\",true,Size,S,TEE-S,200,3,10.00,https://images.example/1.jpg,1,active\n\
        tee,,,,,,,,M,TEE-M,210,4,11.00,https://images.example/2.jpg,2,\n\
        tee,,,,,,,,,,,,,https://images.example/3.jpg,3,\n\
        mug,Mug,,Acme,Cups,,true,Title,Default Title,,0,9,5.00,,,active\n";
    let id = tenant.send(shopify.as_bytes(), None, json!({})).await;
    let import = tenant.finished(&id).await;
    assert_eq!(import.layout.as_ref().unwrap().platform.as_deref(), Some("shopify"));
    assert_eq!((import.totals.rows, import.totals.created, import.totals.skipped), (Some(5), 4, 1));
    let products = catalogue(&mut tenant).await;
    let (tee, small, mug) = (&products["tee"], &products["TEE-S"], &products["mug"]);
    assert_eq!((tee["option_axes"].clone(), tee["image_urls"].as_array().unwrap().len()), (json!(["Size"]), 3));
    assert_eq!(
        (small["parent_id"].clone(), small["options"].clone(), small["title"].as_str()),
        (tee["id"].clone(), json!({"Size": "S"}), Some("Tee"))
    );
    assert_eq!((mug["price"].as_str(), mug["identifiers"]["shopify.handle"].as_str()), (Some("5"), Some("mug")));

    // A mapping by hand is applied the next time, in any order of the columns.
    let mapping = json!([
        {"column": "Artikel", "field": "sku"}, {"column": "Text", "field": "title", "transform": "value | trim | title"},
        {"column": "Preis netto", "field": "price", "transform": "value | with_vat(20)"},
        {"column": "Farbe", "attribute": "color"}, {"column": "", "field": "brand", "default": "Acme"}
    ]);
    let file = "Artikel;Text;Preis netto;Farbe\nX1; rote schraube ;10,00;rot\n";
    let id = tenant.send(file.as_bytes(), Some("Müller"), json!({"mapping": mapping, "create_attributes": true})).await;
    assert_eq!(tenant.finished(&id).await.totals.created, 1);
    let product = &catalogue(&mut tenant).await["X1"];
    assert_eq!(
        (product["title"].as_str(), product["price"].as_str(), product["brand"].as_str()),
        (Some("Rote Schraube"), Some("12"), Some("Acme"))
    );
    assert_eq!(product["attributes"]["color"], "rot");
    let next = "Farbe;Preis netto;Artikel;Text\nblau;20,00;X2;mutter\n";
    let id = tenant.send(next.as_bytes(), Some("Müller"), json!({})).await;
    assert_eq!(tenant.finished(&id).await.totals.created, 1);
    assert_eq!(catalogue(&mut tenant).await["X2"]["price"], "24");
}

#[tokio::test]
async fn the_rejected_elements_of_xml_are_reported_and_sent_again_alone() {
    let mut tenant = Tenant::new("XML report").await;
    let file = "<tarif><date>2026</date><lignes><ligne ref=\"A\"><nom>Vis</nom><prix>-3</prix></ligne>\
                <ligne ref=\"B\"><nom>Clou</nom><prix>2,50</prix></ligne></lignes></tarif>";
    let mapping = json!([
        {"column": "@ref", "field": "sku"}, {"column": "nom", "field": "title"}, {"column": "prix", "field": "price"}
    ]);
    let id = tenant.send(file.as_bytes(), None, json!({"mapping": mapping})).await;
    assert_eq!(tenant.finished(&id).await.totals.rejected, 1);
    let done = tenant.get(&format!("/v1/imports/{id}")).await;
    let report = reqwest::get(done["error_report_url"].as_str().unwrap()).await.unwrap().text().await.unwrap();
    assert!(report.contains("<tarif><lignes>") && report.contains("<field>prix</field>"), "{report}");
    // With only one element nothing repeats: the position of the rows is remembered from before.
    let corrected = report.replace("-3", "3");
    let again = tenant.send(corrected.as_bytes(), None, json!({"like": id})).await;
    assert_eq!(tenant.finished(&again).await.totals.created, 1);
    assert_eq!(tenant.catalogue().await.len(), 2);
}

#[tokio::test]
async fn what_was_undone_is_imported_again_and_the_message_counts() {
    let mut tenant = Tenant::new("Undone").await;
    let file = "sku;title;price\nU1;One;1\nU2;Two;2\n";
    let wrong = tenant.import(file.as_bytes()).await;
    let message = |import: &Value| import["message"].as_str().unwrap_or_default().to_owned();
    let job = tenant.post(&format!("/v1/imports/{}/undo", wrong.id), json!({})).await;
    job_ended(&mut tenant, job["id"].as_str().unwrap()).await;
    assert!(tenant.catalogue().await.is_empty());
    let corrected = tenant.import("sku;title;price\nU1;Uno;1\nU2;Due;2\n".as_bytes()).await;
    assert_eq!((corrected.status.as_str(), corrected.totals.created, corrected.totals.skipped), ("completed", 2, 0));
    let titles: Vec<String> = tenant.catalogue().await.into_iter().map(|(_, title, _)| title).collect();
    assert_eq!(titles, ["Uno", "Due"]);
    assert_eq!(message(&tenant.get(&format!("/v1/imports/{}", corrected.id)).await), "all 2 rows were imported");

    // Products that exist are left alone, and the message says so.
    let alone = tenant.send(file.as_bytes(), None, json!({"mode": "create_only"})).await;
    tenant.finished(&alone).await;
    let alone = tenant.get(&format!("/v1/imports/{alone}")).await;
    assert_eq!(message(&alone), "of 2 rows: 0 created, 2 left alone, because their products exist already");
}

#[tokio::test]
async fn who_may_import_may_preview_first_and_stop_their_own() {
    let mut owner = Tenant::new("Careful").await;
    let (mut user, _) = member(&mut owner, "user").await;
    let theirs = owner.send(b"sku;title\nC0;Zero\n", None, json!({"run": "preview"})).await;
    owner.reaches(&theirs, &["ready"]).await;
    let new = json!({"file_name": "c.csv", "size_bytes": 17, "run": "preview"});
    let created = user.call("POST", "/v1/imports", Some(&new)).await.unwrap();
    let id = created["import"]["id"].as_str().unwrap().to_owned();
    user.call("POST", &format!("/v1/imports/{id}/cancel"), None).await.expect("one's own import");
    let stop = user.call("POST", &format!("/v1/imports/{theirs}/cancel"), None).await;
    assert_eq!(refusal(stop), (403, "permission_denied".into()));
    let again = user.call("POST", &format!("/v1/imports/{theirs}/preview"), Some(&json!({}))).await;
    again.expect("a preview");
    owner.reaches(&theirs, &["ready"]).await;
    user.call("POST", &format!("/v1/imports/{theirs}/apply"), Some(&json!({}))).await.expect("an import");
    assert_eq!(owner.finished(&theirs).await.totals.created, 1);
    let undo = user.call("POST", &format!("/v1/imports/{theirs}/undo"), Some(&json!({}))).await;
    assert_eq!(refusal(undo), (403, "permission_denied".into()));

    // What a guard holds is let through by those who may start imports.
    let held = owner.send(b"sku;title\nC1;One\n", None, json!({"guards": {"approve_above": 0}})).await;
    owner.reaches(&held, &["held"]).await;
    let through = user.call("POST", &format!("/v1/imports/{held}/apply"), Some(&json!({}))).await;
    assert_eq!(refusal(through), (403, "permission_denied".into()));
    owner.post(&format!("/v1/imports/{held}/apply"), json!({})).await;
    assert_eq!(owner.finished(&held).await.totals.created, 1);
}

#[tokio::test]
async fn a_workbook_that_asks_for_terabytes_is_a_damaged_file() {
    let mut tenant = Tenant::new("Bombs").await;
    let bomb = include_bytes!("../../../functions/imports/tests/files/dimensions.xls");
    let broken = tenant.send(bomb, None, json!({})).await;
    let failed = tenant.reaches(&broken, &["failed"]).await;
    assert_eq!(failed["code"], "file_malformed", "{failed}");
    assert!(failed["message"].as_str().unwrap().contains("as CSV"), "{failed}");
    let asked = tenant.send(bomb, None, json!({"run": "inspect"})).await;
    let refused = tenant.refused("POST", &format!("/v1/imports/{asked}/inspect"), json!({})).await;
    assert_eq!(refused, (422, "validation_failed".into()));
    // An expression that asks for gigabytes is refused before anything is uploaded, or makes nothing.
    let mapping = json!([{"column": "a", "field": "sku", "transform": "(\"a\" * 9000000) | replace(\"a\", \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\") | length"},
                         {"column": "b", "field": "title"}]);
    let heavy = tenant.send(b"a;b\n1;One\n", None, json!({"mapping": mapping})).await;
    assert_eq!(tenant.finished(&heavy).await.totals.rejected, 1);
}
