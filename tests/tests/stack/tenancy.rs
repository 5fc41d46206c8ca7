//! Calls every HTTP function without the right to do so.

use client::NewImport;
use e2e::{PASSWORD, Stack, Tenant, address, csv};
use runtime::{Function, Permission, Role, Trigger};
use serde_json::{Value, json};

fn http_functions() -> impl Iterator<Item = (&'static Function, &'static str, &'static str, Permission)> {
    e2e::functions().filter_map(|function| match function.trigger {
        Trigger::Http { method, path, permission, .. } => Some((function, method.as_str(), path, permission)),
        _ => None,
    })
}

async fn answer(method: &str, path: &str, token: Option<&str>) -> (u16, Value) {
    let mut request = reqwest::Client::new().request(method.parse().unwrap(), format!("{}{path}", Stack::get().api()));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if method != "GET" {
        request = request.json(&body(path));
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

async fn status(method: &str, path: &str, token: Option<&str>) -> u16 {
    answer(method, path, token).await.0
}

/// Returns a valid body for a function with an id, so that only the id can be refused.
fn body(path: &str) -> Value {
    let id = uuid::Uuid::nil();
    let columns = json!([{ "column": "Title", "field": "title" }, { "column": "Code", "field": "sku" }]);
    match path.split('/').collect::<Vec<_>>()[2..] {
        ["members", ..] => json!({ "role": "viewer" }),
        ["roles", ..] => json!({ "name": "Another name", "permissions": ["read:products"] }),
        [.., "locks"] => json!({ "fields": [] }),
        [.., "revert"] => json!({ "change_id": id }),
        [.., "merge"] => json!({ "into": id }),
        ["products", _, "media"] => json!({ "media_ids": [] }),
        ["views", ..] => json!({ "name": "View", "query": {} }),
        [.., "mappings", _] => json!({ "columns": columns }),
        ["media", _] => json!({ "alt": {} }),
        ["exports", _, "deliveries"] => json!({ "destination_id": id }),
        ["export-templates", _, "copy"] => json!({ "name": "Another" }),
        ["export-templates" | "export-schedules", ..] => json!({ "name": "Another", "definition": {} }),
        ["export-destinations", ..] => {
            json!({ "name": "Another", "target": { "kind": "email", "to": ["a@b.example"] } })
        }
        ["webhooks", _, "replay"] => json!({ "delivery_ids": [id] }),
        ["webhooks", ..] => json!({ "url": "https://receiver.example/", "events": ["import.failed"] }),
        ["notifications", "preferences"] => json!({ "mails": {} }),
        ["automations", ..] => json!({ "name": "Another", "supplier_id": id, "source": { "kind": "drop" } }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn nobody_gets_in_without_token_or_permission_or_into_another_tenant() {
    let mut owner = Tenant::new("Owner").await;
    let import = owner.begin(&csv(3, "secret"), NewImport::default()).await.import;
    owner.finished(&import.id).await;
    let product = owner.client.products(&[]).await.unwrap().data[0].id.clone();
    let export = owner.client.create_export(&client::NewExport::of("shopify")).await.unwrap();
    let session = owner.get("/v1/me/sessions").await["data"][0]["id"].clone();
    let invited = json!({ "email": address(), "role": "viewer" });
    let invitation = owner.post("/v1/invitations", invited).await["id"].clone();
    let role = owner.post("/v1/roles", json!({ "name": "Owners'", "permissions": [] })).await["id"].clone();
    let new_key = json!({ "name": "Owners'", "permissions": ["read:products"] });
    let api_key = owner.post("/v1/api-keys", new_key.clone()).await["id"].clone();

    let category = owner.post("/v1/categories", json!({ "name": "Owners'" })).await["id"].clone();
    let view = owner.post("/v1/views", json!({ "name": "Owners'", "shared": true, "query": {} })).await["id"].clone();
    let supplier = owner.post("/v1/suppliers", json!({ "name": "Owners'" })).await["id"].clone();
    let tag = json!([{ "field": "tags", "action": "add", "value": "owned" }]);
    let bulk_edit = json!({ "selection": { "ids": [product] }, "edits": tag });
    let catalog_job = owner.post("/v1/products/bulk-edit", bulk_edit).await["id"].clone();
    let new_medium = json!({ "file_name": "owned.png", "size_bytes": 100 });
    let medium = owner.post("/v1/media", new_medium).await["medium"]["id"].clone();
    let media_job = owner.post("/v1/media/thumbnails", json!({})).await["id"].clone();

    let folder = json!({ "name": "Owners'", "supplier_id": supplier, "source": { "kind": "drop" } });
    let automation = owner.post("/v1/automations", folder).await["id"].clone();

    let template =
        owner.post("/v1/export-templates", json!({ "name": "Owners'", "definition": {} })).await["id"].clone();
    let schedule =
        owner.post("/v1/export-schedules", json!({ "name": "Owners'", "definition": {} })).await["id"].clone();
    let target = json!({ "kind": "email", "to": ["owner@shop.example"] });
    let destination =
        owner.post("/v1/export-destinations", json!({ "name": "Owners'", "target": target })).await["id"].clone();
    let rows = "TemplateType=fptcustom\tVersion=1\nSKU\nitem_sku\n";
    let amazon = owner.post("/v1/amazon-templates", json!({ "name": "Owners'", "text": rows })).await["id"].clone();

    let hook = json!({ "url": "https://receiver.example/", "events": ["import.failed"] });
    let webhook = owner.post("/v1/webhooks", hook).await["id"].clone();

    let mut stranger = Tenant::new("Stranger").await;
    let token = stranger.client.login(&stranger.email, PASSWORD).await.unwrap().access_token;
    let key = stranger.post("/v1/api-keys", new_key).await["key"].as_str().unwrap().to_owned();

    let mut viewer = Tenant::new("Viewer").await;
    let viewers = viewer.client.login(&viewer.email, PASSWORD).await.unwrap().access_token;
    // The only member cannot give up the role Super Admin.
    Stack::get().sql("db_core", &viewer.id, "update memberships set role = 'viewer'").await;

    for (function, method, path, permission) in http_functions() {
        let id = match path.split('/').nth(2).unwrap_or_default() {
            _ if !path.contains("{id}") => "",
            "products" => &product,
            "imports" => &import.id,
            "exports" => &export.id,
            "export-templates" => template.as_str().unwrap(),
            "export-schedules" => schedule.as_str().unwrap(),
            "export-destinations" => destination.as_str().unwrap(),
            "amazon-templates" => amazon.as_str().unwrap(),
            "me" => session.as_str().unwrap(),
            "members" => &owner.user,
            "invitations" => invitation.as_str().unwrap(),
            "roles" => role.as_str().unwrap(),
            "api-keys" => api_key.as_str().unwrap(),
            "categories" => category.as_str().unwrap(),
            "views" => view.as_str().unwrap(),
            "suppliers" => supplier.as_str().unwrap(),
            "catalog" => catalog_job.as_str().unwrap(),
            "media" => medium.as_str().unwrap(),
            "automations" => automation.as_str().unwrap(),
            "media-jobs" => media_job.as_str().unwrap(),
            "webhooks" => webhook.as_str().unwrap(),
            _ => panic!("say whose id {path} takes"),
        };
        let path = path.replace("{id}", id).replace("{key}", "general.locale");
        if permission == Permission::Public {
            assert_ne!(status(method, &path, None).await, 401, "{}", function.name);
            continue;
        }
        assert_eq!(status(method, &path, None).await, 401, "{} without a token", function.name);
        assert_eq!(status(method, &path, Some("not.a.token")).await, 401, "{} with a false token", function.name);
        if matches!(permission, Permission::SignedIn | Permission::OwnAccount) {
            let (status, problem) = answer(method, &path, Some(&key)).await;
            assert_eq!((status, &problem["code"]), (403, &json!("person_needed")), "{} with an API key", function.name);
        } else if !Role::Viewer.permissions().has(permission) {
            let (status, problem) = answer(method, &path, Some(&viewers)).await;
            assert_eq!(status, 403, "{} without the permission", function.name);
            assert!(problem["detail"].as_str().unwrap().contains(permission.name()), "{problem}");
        }
        if !id.is_empty() {
            assert_eq!(status(method, &path, Some(&token)).await, 404, "{} with another tenant's id", function.name);
        }
    }
    assert!(stranger.client.products(&[]).await.unwrap().data.is_empty());
    assert!(stranger.client.imports(50).await.unwrap().data.is_empty());
    assert_eq!(owner.get("/v1/roles").await["data"][5]["name"], "Owners'", "nothing was changed");
}
