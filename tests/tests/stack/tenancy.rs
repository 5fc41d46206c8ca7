//! Every HTTP function, tried by those who may not.

use client::NewImport;
use e2e::{PASSWORD, Stack, Tenant, csv};
use runtime::{Function, Permission, Role, Trigger};

fn http_functions() -> impl Iterator<Item = (&'static Function, &'static str, &'static str, Permission)> {
    e2e::functions().filter_map(|function| match function.trigger {
        Trigger::Http { method, path, permission } => Some((function, method.as_str(), path, permission)),
        _ => None,
    })
}

async fn status(method: &str, path: &str, token: Option<&str>) -> u16 {
    let mut request = reqwest::Client::new().request(method.parse().unwrap(), format!("{}{path}", Stack::get().api()));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if method == "POST" {
        request = request.json(&serde_json::json!({}));
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn nobody_gets_in_without_token_or_permission_or_into_another_tenant() {
    let mut owner = Tenant::new("Owner").await;
    let import = owner.begin(&csv(3, "secret"), NewImport::default()).await.import;
    owner.finished(&import.id).await;
    let product = owner.client.products(&[]).await.unwrap().data[0].id.clone();
    let export = owner
        .client
        .create_export(&client::NewExport { layout: "shopify".into(), ..Default::default() })
        .await
        .unwrap();

    let mut stranger = Tenant::new("Stranger").await;
    let token = stranger.client.login(&stranger.email, PASSWORD).await.unwrap().access_token;

    // The least role, which no endpoint gives yet, acts on the next request.
    let mut viewer = Tenant::new("Viewer").await;
    let viewers = viewer.client.login(&viewer.email, PASSWORD).await.unwrap().access_token;
    Stack::get().sql("db_core", &viewer.id, "update memberships set role = 'viewer'").await;

    for (function, method, path, permission) in http_functions() {
        let id = match path {
            "/v1/products/{id}" => &product,
            path if path.starts_with("/v1/imports/") => &import.id,
            path if path.starts_with("/v1/exports/") => &export.id,
            path => {
                assert!(!path.contains('{'), "say whose id {path} takes");
                ""
            }
        };
        let path = path.replace("{id}", id);
        if permission == Permission::Public {
            assert_ne!(status(method, &path, None).await, 401, "{}", function.name);
            continue;
        }
        assert_eq!(status(method, &path, None).await, 401, "{} without a token", function.name);
        assert_eq!(status(method, &path, Some("not.a.token")).await, 401, "{} with a false token", function.name);
        if !Role::Viewer.holds(permission) {
            assert_eq!(status(method, &path, Some(&viewers)).await, 403, "{} without the permission", function.name);
        }
        if !id.is_empty() {
            assert_eq!(status(method, &path, Some(&token)).await, 404, "{} with another tenant's id", function.name);
        }
    }
    assert!(stranger.client.products(&[]).await.unwrap().data.is_empty());
    assert!(stranger.client.imports(50).await.unwrap().data.is_empty());
}
