//! Exports from end to end: every layout and format, products that are left out, templates, cancelling, our own files
//! read again.

use std::collections::BTreeMap;

use e2e::{Scratch, Stack, Tenant, eventually};
use serde_json::{Value, json};

/// Waits for the end of an export.
pub(crate) async fn ended(tenant: &mut Tenant, id: &str) -> Value {
    eventually("the export's end", async || {
        let export = tenant.get(&format!("/v1/exports/{id}")).await;
        (!matches!(export["status"].as_str(), Some("queued" | "running"))).then_some(export)
    })
    .await
}

/// Exports; returns the export, and the bytes of its files by name.
pub(crate) async fn exported(tenant: &mut Tenant, spec: Value) -> (Value, BTreeMap<String, Vec<u8>>) {
    let begun = tenant.post("/v1/exports", spec.clone()).await;
    let export = ended(tenant, begun["id"].as_str().unwrap()).await;
    assert_eq!(export["status"], "completed", "{spec}: {export}");
    let counted = export["exported"].as_i64().unwrap() + export["left_out"].as_i64().unwrap();
    assert_eq!(export["total_products"], counted, "{export}");
    let reasons = export["left_out_reasons"].as_array().unwrap();
    let reported: i64 = reasons.iter().map(|reason| reason["products"].as_i64().unwrap()).sum();
    assert_eq!(export["left_out"], reported, "each product that is left out has its reason");
    let mut files = BTreeMap::new();
    for file in export["files"].as_array().unwrap() {
        let there = Scratch::new(b"");
        tenant.client.download(file["url"].as_str().unwrap(), &there.0).await.unwrap();
        let bytes = std::fs::read(&there.0).unwrap();
        assert_eq!(file["bytes"], bytes.len() as u64);
        files.insert(file["name"].as_str().unwrap().to_owned(), bytes);
    }
    (export, files)
}

/// A product that is on sale.
pub(crate) async fn product(tenant: &mut Tenant, mut product: Value) -> Value {
    if product.get("status").is_none() {
        product["status"] = json!("active");
    }
    tenant.post("/v1/products", product).await
}

/// Products as sellers have them: with codes, prices, texts, images; a shirt in two sizes; one that is not active.
async fn catalogue(tenant: &mut Tenant) {
    let image = |name: &str| format!("https://cdn.example/{name}.jpg");
    for (number, title, ean) in
        [(1, "Perceuse \"pro\", 18 V", "3000000000014"), (2, "L'été & l'hiver, 5 %", "3000000000021")]
    {
        let product = json!({
            "sku": format!("TOOL-{number}"), "ean": ean, "title": title, "description": "Un texte", "brand": "Bosch",
            "category": "Outillage > Perceuses", "price": "129.9", "compare_at_price": "149.9", "cost_price": "80", "currency": "EUR",
            "stock": number, "weight": { "value": "1500", "unit": "g" }, "image_urls": [image("a"), image("b")], "tags": ["promo", "neuf"],
        });
        self::product(tenant, product).await;
    }
    let shirt = json!({ "sku": "shirt", "title": "Chemise", "description": "Une chemise", "brand": "Atelier", "price": "30", "currency": "EUR", "option_axes": ["Size"],
        "image_urls": [image("shirt")] });
    let parent = product(tenant, shirt).await["id"].clone();
    for (size, ean) in [("S", "3000000000038"), ("M", "3000000000045")] {
        let variant = json!({ "sku": format!("shirt-{size}"), "ean": ean, "title": format!("Chemise {size}"), "price": "30", "stock": 3,
            "currency": "EUR", "parent_id": parent, "options": { "Size": size } });
        product(tenant, variant).await;
    }
    product(tenant, json!({ "sku": "OLD-1", "title": "Ancien", "price": "5", "status": "inactive" })).await;
}

#[tokio::test]
async fn left_out_products_are_reported_one_by_one() {
    let mut tenant = Tenant::new("Left out").await;
    catalogue(&mut tenant).await;
    product(&mut tenant, json!({ "sku": "FREE", "title": "No price" })).await;
    let (export, files) = exported(&mut tenant, json!({ "layout": "shopify" })).await;
    assert_eq!((export["exported"].as_i64(), export["left_out"].as_i64()), (Some(5), Some(2)));
    let codes: BTreeMap<&str, &Value> =
        export["left_out_reasons"].as_array().unwrap().iter().map(|one| (one["code"].as_str().unwrap(), one)).collect();
    assert_eq!(codes.keys().copied().collect::<Vec<_>>(), ["not_active", "required_missing"]);
    assert_eq!(codes["required_missing"]["column"], "Price");
    let report = String::from_utf8(files["shopify-products-left-out.csv"].clone()).unwrap();
    let rows: Vec<&str> = report.lines().skip(1).collect();
    assert_eq!(rows.len(), 2, "{report}");
    assert!(rows.iter().any(|row| row.contains(";OLD-1;") && row.contains("not_active")), "{report}");
    assert!(rows.iter().any(|row| row.contains(";FREE;") && row.contains("required_missing;Price")), "{report}");
    // Inactive products are exported on request; a status without products makes an empty file.
    let chosen = json!({ "layout": "shopify", "selection": { "statuses": ["inactive"] } });
    assert_eq!(exported(&mut tenant, chosen).await.0["exported"], 1);
    let (empty, files) =
        exported(&mut tenant, json!({ "layout": "shopify", "selection": { "statuses": ["draft"] } })).await;
    assert_eq!((empty["exported"].as_i64(), files.len()), (Some(0), 1));
    // A selected parent stands for its variants; a filter that matches a parent selects its variants.
    let parent = tenant.get("/v1/products?sku=shirt").await["data"][0]["id"].clone();
    let picked = json!({ "layout": "shopify", "selection": { "ids": [parent] } });
    assert_eq!(exported(&mut tenant, picked).await.0["exported"], 3);
    let filtered = json!({ "layout": "google", "options": { "link": "https://shop.example/{sku}" },
        "selection": { "filter": [{ "field": "sku", "op": "equals", "value": "shirt-M" }] } });
    let (export, files) = exported(&mut tenant, filtered).await;
    assert_eq!(export["exported"], 1);
    let text = String::from_utf8(files["google-products.tsv"].clone()).unwrap();
    assert!(text.contains("shirt-M") && !text.contains("shirt-S"), "{text}");
    let words = json!({ "layout": "products", "format": "csv", "selection": { "q": "shirt" } });
    assert!(exported(&mut tenant, words).await.0["exported"].as_i64().unwrap() > 0, "by words");
    let sample = json!({ "layout": "products", "format": "csv", "selection": { "sample": 2 } });
    assert_eq!(exported(&mut tenant, sample).await.0["exported"], 2);
    for wrong in [
        json!({ "layout": "shopify", "format": "xlsx" }),
        json!({ "layout": "etsy" }),
        json!({ "layout": "amazon" }),
        json!({ "layout": "shopify", "mapping": [{ "column": "Nonsense", "value": "x" }] }),
        json!({ "mapping": [{ "column": "a", "expression": "value | nonsense" }] }),
        json!({ "selection": { "filter": [{ "field": "nonsense", "op": "equals", "value": 1 }] } }),
        json!({ "images": { "quality": 85 } }),
        json!({ "destinations": [uuid::Uuid::nil()] }),
        json!({ "predefined": "Etsy" }),
    ] {
        let answer = tenant.client.call("POST", "/v1/exports", Some(&wrong)).await;
        assert!(answer.is_err(), "{wrong}");
        assert_eq!(e2e::refusal(answer).0, 422, "{wrong}");
    }
}

#[tokio::test]
async fn two_exports_of_the_same_catalogue_have_the_same_bytes() {
    let mut tenant = Tenant::new("Same bytes").await;
    catalogue(&mut tenant).await;
    for (layout, format) in [("products", "xlsx"), ("products", "jsonl"), ("shopify", "csv"), ("odoo", "csv")] {
        let spec = json!({ "layout": layout, "format": format });
        let one = exported(&mut tenant, spec.clone()).await.1;
        let other = exported(&mut tenant, spec).await.1;
        assert!(one == other, "{layout} {format}");
    }
    // Odoo reads XML only from a module: the file is a zip of a module.
    let simple = json!({ "layout": "odoo", "format": "xml", "selection": { "filter": [{ "field": "kind", "op": "equals", "value": "simple" }] } });
    let one = exported(&mut tenant, simple.clone()).await.1;
    assert!(one == exported(&mut tenant, simple).await.1);
    let mut module = zip::ZipArchive::new(std::io::Cursor::new(one["products_manager.zip"].clone())).unwrap();
    let names: Vec<String> = module.file_names().map(|name| name.unwrap().into_owned()).collect();
    for name in ["__init__.py", "__manifest__.py", "data/products.xml"] {
        assert!(names.contains(&format!("products_manager/{name}")), "{names:?}");
    }
    let mut xml = String::new();
    std::io::Read::read_to_string(&mut module.by_name("products_manager/data/products.xml").unwrap(), &mut xml)
        .unwrap();
    assert!(xml.contains("<record id=\"template_TOOL_2d_1\" model=\"product.template\">"), "{xml}");
}

#[tokio::test]
async fn templates_are_shared_versioned_copied_and_used() {
    let mut tenant = Tenant::new("Templates").await;
    catalogue(&mut tenant).await;
    let definition = json!({ "layout": "products", "format": "csv", "form": { "delimiter": "," },
        "mapping": [{ "column": "Code", "field": "sku" }, { "column": "Nom", "expression": "row.brand ~ \" - \" ~ row.title" },
                    { "column": "Prix HT", "expression": "row.price | without_vat(20) | round(2)" }] });
    let made = tenant.post("/v1/export-templates", json!({ "name": "Pour l'agence", "definition": definition })).await;
    let path = format!("/v1/export-templates/{}", made["id"].as_str().unwrap());
    assert_eq!(
        tenant.refused("POST", "/v1/export-templates", json!({ "name": "POUR L'AGENCE", "definition": {} })).await.0,
        409
    );
    let spec = json!({ "template_id": made["id"], "selection": { "filter": [{ "field": "sku", "op": "starts_with", "value": "TOOL" }] } });
    let (export, files) = exported(&mut tenant, spec).await;
    assert_eq!((export["name"].as_str(), &export["template_id"]), (Some("Pour l'agence"), &made["id"]));
    let text = String::from_utf8(files["products.csv"].clone()).unwrap();
    assert!(
        text.starts_with("\u{feff}Code,Nom,Prix HT\r\nTOOL-1,\"Bosch - Perceuse \"\"pro\"\", 18 V\",108.25\r\n"),
        "{text}"
    );
    let (status, _) =
        tenant.refused("POST", "/v1/exports", json!({ "template_id": made["id"], "layout": "shopify" })).await;
    assert_eq!(status, 422, "a template says how");
    // A change needs the version that was read; the previous content is kept.
    let changed = json!({ "name": "Pour l'agence", "definition": { "layout": "shopify" } });
    assert_eq!(tenant.refused("PUT", &path, changed.clone()).await.0, 428);
    let saved = tenant.client.call_seen("PUT", &path, Some(&changed), Some("\"1\"")).await.unwrap();
    assert_eq!(saved["version"], 2);
    let versions = tenant.get(&format!("{path}/versions")).await;
    assert_eq!(versions["data"][1]["definition"]["mapping"][0]["column"], "Code", "{versions}");
    let copy = tenant.post(&format!("{path}/copy"), json!({ "name": "Copie" })).await;
    assert_eq!((copy["definition"]["layout"].as_str(), copy["version"].as_i64()), (Some("shopify"), Some(1)));
    let listed = tenant.get("/v1/export-templates").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert_eq!(listed["predefined"][4]["name"], "Google Shopping");
    let preset = json!({ "predefined": "Shopify Standard" });
    assert_eq!(exported(&mut tenant, preset).await.0["layout"], "shopify");
    let layouts = tenant.get("/v1/export-layouts").await;
    assert_eq!(layouts["data"].as_array().unwrap().len(), 11);
    // Amazon's own template, as it was downloaded.
    let rows = "TemplateType=fptcustom\tVersion=1\tdo not modify\r\nType\tSKU\tTitle\tBrand\tPrice\tQuantity\tSpecial\r\nfeed_product_type\titem_sku\titem_name\tbrand_name\tstandard_price\tquantity\tspecial_features1\r\n";
    let amazon = tenant.post("/v1/amazon-templates", json!({ "name": "Tools FR", "text": rows })).await;
    let mut spec = json!({ "layout": "amazon", "amazon_template": amazon["id"], "options": { "product_type": "TOOLS" },
        "mapping": [{ "column": "special_features1", "value": "Cordless" }] });
    let text = exported(&mut tenant, spec.clone()).await.1.remove("amazon-products.txt").unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.starts_with(rows)
            && text.contains("TOOLS\tTOOL-1\tPerceuse \"pro\", 18 V\tBosch\t149.90\t1\tCordless\r\n"),
        "{text}"
    );
    assert_eq!(tenant.refused("POST", "/v1/amazon-templates", json!({ "name": "No", "text": "a,b" })).await.0, 422);
    // As a workbook: the name of its sheet depends on the language.
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Anleitung").unwrap().write_string(0, 0, "Lesen Sie dies").unwrap();
    let sheet = book.add_worksheet().set_name("Vorlage").unwrap();
    for (row, line) in (0_u32..).zip(rows.lines()) {
        for (column, cell) in (0_u16..).zip(line.split('\t')) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    let upload = tenant.post("/v1/amazon-templates/uploads", json!({ "size_bytes": bytes.len() })).await;
    let named = json!({ "name": "Tools DE", "upload": upload["id"] });
    assert_eq!(tenant.refused("POST", "/v1/amazon-templates", named.clone()).await.0, 422, "it is not there yet");
    let put = reqwest::Client::new().put(upload["upload"]["url"].as_str().unwrap());
    let put = put.header("content-type", upload["upload"]["headers"]["content-type"].as_str().unwrap()).body(bytes);
    assert!(put.send().await.unwrap().status().is_success());
    let workbook = tenant.post("/v1/amazon-templates", named.clone()).await;
    assert_eq!((&workbook["columns"], &workbook["rows_above"]), (&amazon["columns"], &json!(3)));
    spec["amazon_template"] = workbook["id"].clone();
    let again = String::from_utf8(exported(&mut tenant, spec).await.1.remove("amazon-products.txt").unwrap()).unwrap();
    assert_eq!(again.split_once("feed_product_type"), text.split_once("feed_product_type"), "the same file");
    let mut stranger = Tenant::new("Templates of others").await;
    assert_eq!(stranger.refused("POST", "/v1/amazon-templates", named).await.0, 422, "it is nobody else's");
}

#[tokio::test]
async fn images_are_checked_packed_and_changed() {
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(64, 32, |x, _| image::Rgb([u8::try_from(x).unwrap(), 80, 10]))
        .write_to(&mut picture, image::ImageFormat::Png)
        .unwrap();
    let bytes = picture.into_inner();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in server.incoming() {
            use std::io::{Read, Write};
            let mut stream = stream.unwrap();
            let mut request = [0; 2048];
            let read = stream.read(&mut request).unwrap_or_default();
            let found = String::from_utf8_lossy(&request[..read]).contains("/a.png");
            let (status, body) = if found { ("200 OK", bytes.as_slice()) } else { ("404 Not Found", b"".as_slice()) };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        }
    });
    let mut tenant = Tenant::new("Images").await;
    let pictured = json!({ "sku": "P/1", "title": "Pictured", "price": "5", "image_urls": [format!("{base}/a.png"), format!("{base}/gone.png")] });
    product(&mut tenant, pictured).await;
    let checked = json!({ "layout": "shopify", "images": { "check": true } });
    let (export, _) = exported(&mut tenant, checked).await;
    assert_eq!(export["warnings"][0]["code"], "image_unreachable", "{export}");
    assert!(export["warnings"][0]["message"].as_str().unwrap().contains("gone.png"), "{export}");
    let packed = json!({ "layout": "products", "format": "csv", "mapping": [{ "column": "sku", "field": "sku" }, { "column": "images", "field": "image_urls" }],
        "images": { "mode": "zip", "within": [16, 16], "format": "jpeg", "name": "{sku}/{n}" } });
    let (export, files) = exported(&mut tenant, packed).await;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(files["products-images.zip"].clone())).unwrap();
    let mut jpeg = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_name("P_1/1.jpg").unwrap(), &mut jpeg).unwrap();
    assert!(jpeg.starts_with(&[0xff, 0xd8]), "a JPEG");
    assert_eq!(archive.len(), 1, "the one that is gone is left out");
    assert_eq!(export["warnings"][0]["code"], "image_left_out");
    let text = String::from_utf8(files["products.csv"].clone()).unwrap();
    assert!(text.ends_with("P/1;P_1/1.jpg\r\n"), "{text}");
    let within = json!({ "layout": "products", "format": "json", "images": { "mode": "base64" } });
    let (_, files) = exported(&mut tenant, within).await;
    let read: Value = serde_json::from_slice(&files["products.json"]).unwrap();
    assert!(read[0]["image_urls"][0].as_str().unwrap().starts_with("data:image/png;base64,"), "{read}");
    // Images in our own network are refused.
    let inward = json!({ "sku": "P-2", "title": "Inward", "price": "5", "image_urls": ["http://169.254.169.254/latest/meta-data"] });
    product(&mut tenant, inward).await;
    let (export, _) = exported(&mut tenant, json!({ "layout": "shopify", "images": { "check": true } })).await;
    assert_eq!(export["warnings"][0]["examples"].as_array().unwrap().len(), 2, "{export}");
}

#[tokio::test]
async fn a_running_export_is_cancelled_and_a_killed_one_still_ends() {
    let mut tenant = Tenant::new("Cancelled").await;
    tenant.import(&e2e::csv(3_000, "exported")).await;
    let stack = Stack::get();
    stack.hold("exports.write_export", true).await;
    let begun = tenant.post("/v1/exports", json!({ "layout": "shopify" })).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    assert_eq!(begun["status"], "queued", "{begun}");
    let cancelled = tenant.post(&format!("/v1/exports/{id}/cancel"), json!({})).await;
    assert_eq!(cancelled["status"], "cancelled");
    stack.hold("exports.write_export", false).await;
    let message = json!({ "tenant_id": tenant.id, "export_id": id }).to_string();
    assert!(stack.deliver("exports.write_export", &[message]).await.is_empty());
    let after = tenant.get(&format!("/v1/exports/{id}")).await;
    assert_eq!((after["status"].as_str(), after["files"].as_array().unwrap().len()), (Some("cancelled"), 0));
    assert_eq!(
        tenant.refused("POST", &format!("/v1/exports/{id}/cancel"), json!({})).await,
        (409, "export_ended".into())
    );

    // The process was killed: the sweep starts the export again, and the export reports it.
    stack.hold("exports.write_export", true).await;
    let begun = tenant.post("/v1/exports", json!({ "layout": "products", "format": "csv" })).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    let killed = format!(
        "update export_jobs set status = 'running', attempts = 1, progressed_at = now() - interval '3 minutes' where export_id = '{id}'"
    );
    stack.sql("db_imports", &tenant.id, &killed).await;
    stack.invoke("exports.sweep", json!({ "source": "aws.events" })).await;
    stack.hold("exports.write_export", false).await;
    ended(&mut tenant, &id).await;
    let export = tenant.get(&format!("/v1/exports/{id}")).await;
    assert_eq!((export["exported"].as_i64(), export["percent"].as_i64()), (Some(3_000), Some(100)), "{export}");
    let events = tenant.get(&format!("/v1/exports/{id}/events")).await;
    let names: Vec<&str> =
        events["data"].as_array().unwrap().iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("queued", "completed"), "{events}");
}

#[tokio::test]
async fn a_key_of_a_caller_is_bound_to_its_request_and_never_one_of_ours() {
    let mut tenant = Tenant::new("Keys of requests").await;
    let new = json!({ "name": "Exporter", "permissions": ["read:exports", "write:exports", "read:imports", "write:imports"] });
    let api_key = tenant.post("/v1/api-keys", new).await["key"].as_str().unwrap().to_owned();
    let ask = async |path: &str, key: &str, body: Value| {
        let request = reqwest::Client::new().post(format!("{}{path}", Stack::get().api())).bearer_auth(&api_key);
        let answer = request.header("Idempotency-Key", key).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let id = |answer: &(u16, Value)| {
        answer.1["id"].as_str().or(answer.1["import"]["id"].as_str()).unwrap_or_default().to_owned()
    };
    let bodies = [
        (
            "/v1/exports",
            json!({ "layout": "products", "format": "csv" }),
            json!({ "layout": "products", "format": "jsonl" }),
        ),
        (
            "/v1/imports",
            json!({ "file_name": "a.csv", "size_bytes": 9 }),
            json!({ "file_name": "b.csv", "size_bytes": 9 }),
        ),
    ];
    for (path, body, other) in bodies {
        let first = ask(path, "k", body.clone()).await;
        assert_eq!(first.0, 201, "{path}: {}", first.1);
        assert_eq!(id(&ask(path, "k", body).await), id(&first), "{path}");
        let refused = ask(path, "k", other).await;
        assert_eq!((refused.0, &refused.1["code"]), (409, &json!("idempotency_key_reused")), "{path}");
    }

    // Whoever names the key of a scheduled run does not take the run away.
    let schedule = json!({ "name": "Daily", "definition": { "layout": "products", "format": "csv" } });
    let schedule = tenant.post("/v1/export-schedules", schedule).await["id"].as_str().unwrap().to_owned();
    let ours = format!("run {schedule} mine");
    let theirs = ask("/v1/exports", &ours, json!({ "layout": "products", "format": "csv" })).await;
    let run = ask(&format!("/v1/export-schedules/{schedule}/run"), "mine", json!({})).await.1;
    assert_ne!(run["id"], theirs.1["id"], "{run}");
}
