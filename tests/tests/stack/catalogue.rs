//! The catalogue through HTTP: products, search, bulk edits, history, changes, quota, suppliers' offers.

use client::NewImport;
use e2e::{Stack, Tenant, csv, eventually, refusal};
use serde_json::{Value, json};

/// Changes a product that was read with `version`.
async fn patch(tenant: &mut Tenant, id: &str, version: impl ToString, body: Value) -> Result<Value, client::Error> {
    let seen = format!("\"{}\"", version.to_string());
    tenant.client.call_seen("PATCH", &format!("/v1/products/{id}"), Some(&body), Some(&seen)).await
}

/// Waits until a job ends. If another test kills its process, it is resumed after a minute or two.
pub(crate) async fn job_ended(tenant: &mut Tenant, id: &str) -> Value {
    eventually("the job's end", async || {
        let job = tenant.get(&format!("/v1/catalog/jobs/{id}")).await;
        (job["status"] != "running").then_some(job)
    })
    .await
}

#[tokio::test]
async fn a_product_is_created_changed_searched_and_deleted() {
    let mut tenant = Tenant::new("Catalogue").await;
    let new = json!({"title": "Perceuse à percussion", "sku": "PX-1", "ean": "4006381333931", "price": "99.90", "currency": "EUR",
        "weight": {"value": "1.8", "unit": "kg"}, "texts": {"en": {"title": "Hammer drill"}}, "description": ""});
    let made = tenant.post("/v1/products", new.clone()).await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&made["version"], &made["status"], &made["description"], &made["brand"]),
        (&json!(1), &json!("draft"), &json!(""), &Value::Null)
    );

    // Two writers: the second one must read again first.
    assert_eq!(
        refusal(tenant.client.call("PATCH", &format!("/v1/products/{id}"), Some(&json!({"price": "1"}))).await),
        (428, "version_needed".into())
    );
    let changed =
        patch(&mut tenant, &id, 1, json!({"price": "89.90", "status": "active", "texts": {"en": null}})).await.unwrap();
    assert_eq!((&changed["version"], &changed["price"], &changed["texts"]), (&json!(2), &json!("89.9"), &json!({})));
    assert_eq!(refusal(patch(&mut tenant, &id, 1, json!({"price": "1"})).await), (412, "version_changed".into()));
    assert_eq!(refusal(patch(&mut tenant, &id, 2, json!({"colour": "red"})).await), (422, "validation_failed".into()));

    // Unique values are not copied.
    assert_eq!(tenant.refused("POST", "/v1/products", new).await, (409, "sku_taken".into()));
    assert_eq!(tenant.refused("POST", &format!("/v1/products/{id}/duplicate"), json!({})).await.0, 422);
    let copy = tenant.post(&format!("/v1/products/{id}/duplicate"), json!({"sku": "PX-2"})).await;
    assert_eq!((&copy["title"], &copy["ean"], &copy["status"]), (&made["title"], &Value::Null, &json!("draft")));

    // Found by words without their accents, by a misspelt word; an exact code comes first.
    for q in ["percussion", "PERCEUSES", "percusion", "4006381333931"] {
        let found = tenant.get(&format!("/v1/products?q={q}&count=true")).await;
        assert!(found["data"].as_array().unwrap().iter().any(|one| one["id"] == id.as_str()), "{q}: {found}");
    }
    let filter = "[{\"field\":\"price\",\"op\":\"between\",\"value\":[80,90]}]";
    let found = tenant.get(&format!("/v1/products?status=active&count=true&filter={filter}")).await;
    assert_eq!((found["data"].as_array().unwrap().len(), &found["total"]), (1, &json!({"count": 1, "exact": true})));
    assert_eq!(
        tenant
            .refused("GET", "/v1/products?filter=[{\"field\":\"x\",\"op\":\"equals\",\"value\":1}]", Value::Null)
            .await
            .0,
        422
    );

    // A value is restored from the history.
    let history = tenant.get(&format!("/v1/products/{id}/history")).await;
    let change = &history["data"][0];
    assert_eq!((&change["changes"]["price"]["old"], &change["actor_name"]), (&json!("99.9"), &json!(tenant.email)));
    let body = json!({"change_id": change["id"], "fields": ["price"]});
    let reverted =
        tenant.client.call_seen("POST", &format!("/v1/products/{id}/revert"), Some(&body), Some("*")).await.unwrap();
    assert_eq!((&reverted["price"], &reverted["status"]), (&json!("99.9"), &json!("active")));

    // Deleted, restored, then deleted permanently.
    let path = format!("/v1/products/{id}");
    tenant.client.call("DELETE", &path, None).await.unwrap();
    assert_eq!(tenant.get("/v1/products").await["data"].as_array().unwrap().len(), 1);
    assert_eq!(tenant.get("/v1/products?trashed=true").await["data"][0]["id"], id.as_str());
    tenant.post(&format!("{path}/restore"), json!({})).await;
    assert_eq!(
        refusal(tenant.client.call("DELETE", &format!("{path}?permanent=true"), None).await),
        (409, "not_in_trash".into())
    );
    tenant.client.call("DELETE", &path, None).await.unwrap();
    tenant.client.call("DELETE", &format!("{path}?permanent=true"), None).await.unwrap();
    assert_eq!(tenant.refused("GET", &path, Value::Null).await.0, 404);
    let gone = eventually("the deletion among the changes", async || {
        let changes = tenant.get("/v1/changes").await;
        let mut changes = changes["data"].as_array().unwrap().iter();
        changes.find(|one| one["product_id"] == id.as_str() && one["change"] == "deleted").cloned()
    })
    .await;
    assert_eq!(gone["sku"], "PX-1");
    let audit = tenant.get("/v1/audit-log?action=product").await;
    assert!(audit["data"].as_array().unwrap().iter().any(|line| line["action"] == "product.deleted"), "{audit}");
}

#[tokio::test]
async fn an_import_and_a_person_change_one_product_and_a_bulk_edit_is_undone() {
    let mut tenant = Tenant::new("Provenance").await;
    let created =
        tenant.begin(&csv(5, "first"), NewImport { supplier: Some("Nord".into()), ..NewImport::default() }).await;
    tenant.finished(&created.import.id).await;
    let page = tenant.get("/v1/products?sku=P-000003").await;
    let (id, version) = (page["data"][0]["id"].as_str().unwrap().to_owned(), page["data"][0]["version"].clone());
    patch(&mut tenant, &id, version, json!({"title": "By hand"})).await.unwrap();
    let provenance = tenant.get(&format!("/v1/products/{id}/provenance")).await;
    let of =
        |field: &str| provenance["data"].as_array().unwrap().iter().find(|one| one["field"] == field).unwrap().clone();
    assert_eq!(
        (&of("price")["set_by"]["file_name"], &of("price")["set_by"]["row"]),
        (&json!("test.csv"), &json!(4)),
        "which file set this price?"
    );
    assert_eq!(of("title")["source"], "user");
    // The supplier's offer came with the file, and its name with a merge.
    let offers = tenant.get(&format!("/v1/products/{id}/offers")).await;
    assert_eq!((&offers["data"][0]["supplier_name"], &offers["data"][0]["best"]), (&json!("Nord"), &json!(true)));
    let south = tenant
        .post("/v1/suppliers", json!({"name": "Sud", "price_rule": {"coefficient": "2", "ending": "0.99"}}))
        .await["id"]
        .clone();
    let south = south.as_str().unwrap().to_owned();
    let offer = json!({"cost_price": "1.20", "stock": 9, "reference": "S-3"});
    tenant.client.call("PUT", &format!("/v1/suppliers/{south}/offers/{id}"), Some(&offer)).await.unwrap();
    let chosen =
        tenant.post(&format!("/v1/products/{id}/offers/choose"), json!({"rule": "cheapest", "set_price": true})).await;
    assert_eq!(
        (&chosen["supplier_id"], &chosen["cost_price"], &chosen["price"]),
        (&json!(south), &json!("1.2"), &json!("2.99"))
    );
    let north = offers["data"][0]["supplier_id"].as_str().unwrap().to_owned();
    assert_eq!(
        refusal(tenant.client.call("DELETE", &format!("/v1/suppliers/{north}"), None).await),
        (409, "supplier_in_use".into())
    );
    let merge = tenant.post(&format!("/v1/suppliers/{north}/merge"), json!({"into": south})).await;
    job_ended(&mut tenant, merge["id"].as_str().unwrap()).await;
    assert_eq!(tenant.get(&format!("/v1/products?supplier_id={south}&count=true")).await["total"]["count"], 5);

    // Preview, run, undo.
    let before = tenant.catalogue().await;
    let raise = json!({"selection": {"query": {"filter": [{"field": "price", "op": "at_least", "value": 3}]}},
        "edits": [{"field": "price", "action": "increase_percent", "value": "10"}, {"field": "tags", "action": "add", "value": "raised"}]});
    let preview = tenant.post("/v1/products/bulk-edit/preview", raise.clone()).await;
    assert_eq!((&preview["total"], tenant.catalogue().await == before), (&json!(2), true), "a preview writes nothing");
    let job = tenant.post("/v1/products/bulk-edit", raise).await;
    assert_eq!((&job["status"], &job["changed"]), (&json!("completed"), &json!(2)), "few products are done at once");
    assert_ne!(tenant.catalogue().await, before);
    assert_eq!(tenant.get("/v1/tags").await["data"][0], json!({"name": "raised", "products": 2}));
    let undo = tenant.post(&format!("/v1/catalog/jobs/{}/undo", job["id"].as_str().unwrap()), json!({})).await;
    assert_eq!((&undo["status"], &undo["kept"]), (&json!("completed"), &json!(0)));
    assert_eq!(tenant.catalogue().await, before);
}

#[tokio::test]
async fn a_large_bulk_edit_runs_in_the_background_and_survives_a_killed_process() {
    let mut tenant = Tenant::new("Bulk").await;
    tenant.import(&csv(3_000, "x")).await;
    let cursor = {
        let (mut cursor, mut seen) = (None::<String>, 0);
        loop {
            let since = cursor.map(|cursor| format!("&since={cursor}")).unwrap_or_default();
            let page = tenant.get(&format!("/v1/changes?limit=200{since}")).await;
            cursor = Some(page["cursor"].as_str().unwrap().to_owned());
            seen += page["data"].as_array().unwrap().len();
            if seen >= 3_000 {
                break cursor.unwrap();
            }
        }
    };
    Stack::get().hold("catalog.run_job", true).await;
    let edit = json!({"selection": {"query": {}}, "edits": [{"field": "brand", "action": "set", "value": "Bulk"}]});
    let job = tenant.post("/v1/products/bulk-edit", edit).await;
    assert_eq!((&job["status"], &job["total"]), (&json!("running"), &json!(3_000)));
    Stack::get().hold("catalog.run_job", false).await;
    let id = job["id"].as_str().unwrap().to_owned();
    eventually("a process to kill", async || (Stack::get().kill("catalog.run_job").await > 0).then_some(())).await;
    let job = job_ended(&mut tenant, &id).await;
    assert_eq!(
        (&job["status"], &job["done"], &job["changed"], &job["failed"]),
        (&json!("completed"), &json!(3_000), &json!(3_000), &json!(0))
    );
    assert_eq!(tenant.get("/v1/products?brand=bulk&count=true").await["total"], json!({"count": 3_000, "exact": true}));

    // The list of changes contains each product once.
    let (mut seen, mut cursor) = (std::collections::HashSet::new(), cursor);
    // A transaction of another test hides the newest changes until it ends.
    eventually("three thousand changes", async || {
        let page = tenant.get(&format!("/v1/changes?limit=200&since={cursor}")).await;
        for change in page["data"].as_array().unwrap() {
            assert_eq!(change["product"]["brand"], "Bulk");
            assert!(seen.insert(change["product_id"].as_str().unwrap().to_owned()), "once");
        }
        page["cursor"].as_str().unwrap().clone_into(&mut cursor);
        (seen.len() >= 3_000).then_some(())
    })
    .await;
    assert_eq!(seen.len(), 3_000);
    let statistics = tenant.get("/v1/catalog/statistics").await;
    assert_eq!((&statistics["products"], &statistics["by_status"]["active"]), (&json!(3_000), &json!(3_000)));
}

#[tokio::test]
async fn a_full_plan_refuses_new_products() {
    let mut tenant = Tenant::new("Quota").await;
    let order = json!({"organisation_id": tenant.id, "plan": "business", "per_minute": 100_000, "bulk_per_minute": 100_000, "per_hour": 1_000_000, "products": 3});
    Stack::get().invoke("identity.set_limits", order).await;
    let import = tenant.import(&csv(5, "x")).await;
    assert_eq!(
        (import.totals.created, import.totals.rejected, import.status.as_str()),
        (3, 2, "completed_with_errors")
    );
    let errors = tenant.get(&format!("/v1/imports/{}/errors", import.id)).await;
    assert_eq!(errors["data"][0]["code"], "quota_exceeded");
    assert_eq!(
        tenant.refused("POST", "/v1/products", json!({"title": "x", "sku": "x"})).await,
        (403, "quota_exceeded".into())
    );
    assert_eq!(tenant.get("/v1/catalog/statistics").await["counted"], 3);
}

#[tokio::test]
async fn a_saved_mapping_reads_the_next_file() {
    let mut tenant = Tenant::new("Mapping").await;
    let supplier = tenant.post("/v1/suppliers", json!({"name": "Est", "currency": "CHF"})).await["id"].clone();
    let columns = json!([{"column": "A", "field": "sku"}, {"column": "B", "field": "title"}, {"column": "C", "field": "cost_price"}]);
    let path = format!("/v1/suppliers/{}/mappings/weekly list", supplier.as_str().unwrap());
    for (version, currency) in [(1, "EUR"), (2, "CHF")] {
        let mapping = json!({"columns": columns, "currency": currency});
        let saved = tenant.client.call("PUT", &path, Some(&mapping)).await.unwrap();
        assert_eq!(saved["version"], version);
    }
    let versions = path.replace("/weekly list", "?versions_of=weekly list");
    let versions = tenant.get(&versions).await["data"].clone();
    let currencies = [&versions[0]["definition"]["currency"], &versions[1]["definition"]["currency"]];
    assert_eq!((versions.as_array().unwrap().len(), currencies), (2, [&json!("CHF"), &json!("EUR")]));
    let unknown = path.replace("/weekly list", "?versions_of=other");
    assert_eq!(tenant.refused("GET", &unknown, Value::Null).await.0, 404);
    let new = json!({"file_name": "a.csv", "size_bytes": 10, "supplier": "Est", "saved_mapping": "other"});
    assert_eq!(tenant.refused("POST", "/v1/imports", new).await.0, 422);
    let created = tenant
        .begin(
            b"A,B,C\n1,One,5\n",
            NewImport {
                supplier: Some("Est".into()),
                saved_mapping: Some("weekly list".into()),
                ..NewImport::default()
            },
        )
        .await;
    let import = tenant.finished(&created.import.id).await;
    assert_eq!(import.totals.created, 1);
    let product = tenant.get("/v1/products?sku=1").await["data"][0].clone();
    assert_eq!(
        (&product["title"], &product["cost_price"], &product["currency"]),
        (&json!("One"), &json!("5"), &json!("CHF"))
    );
}
