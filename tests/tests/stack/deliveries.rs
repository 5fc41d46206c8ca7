//! Delivers the files of exports to real servers, by hand and by schedule.

use e2e::{Stack, Tenant, eventually};
use serde_json::{Value, json};

use crate::exports::ended;
use crate::servers::{Server, receiver};

async fn products(tenant: &mut Tenant, number: usize) {
    tenant.import(&e2e::csv(number, "delivered")).await;
}

/// Waits until `number` deliveries of an export have ended; returns the export.
async fn delivered(tenant: &mut Tenant, id: &str, number: usize) -> Value {
    eventually("the deliveries' end", async || {
        let export = tenant.get(&format!("/v1/exports/{id}")).await;
        let deliveries = export["deliveries"].as_array().cloned().unwrap_or_default();
        let over = deliveries.iter().filter(|one| one["status"] != "pending").count();
        (over >= number).then_some(export)
    })
    .await
}

async fn folder(kind: &str, secret: impl Fn(&Server) -> Value) {
    let mut tenant = Tenant::new(&format!("Deliveries {kind}")).await;
    products(&mut tenant, 3).await;
    let server = Server::start(kind);
    let protocol = if kind.starts_with("ftp") { kind } else { "sftp" };
    let root = server.facts["root"].as_str().unwrap();
    let mut target = json!({ "kind": "ftp", "protocol": protocol, "host": "127.0.0.1", "port": server.facts["port"],
        "username": server.facts["user"], "folder": format!("{root}/out") });
    if let Some(certificate) = server.facts.get("certificate") {
        target["host_key"] = certificate.clone();
    }
    let made = tenant
        .post("/v1/export-destinations", json!({ "name": kind, "target": target, "secret": { "password": "wrong" } }))
        .await;
    assert!(made["has_secret"] == true && !made.to_string().contains("wrong"), "a secret is never shown: {made}");
    let path = format!("/v1/export-destinations/{}", made["id"].as_str().unwrap());
    let refused = tenant.post(&format!("{path}/test"), json!({})).await;
    assert!(
        refused["success"] == false && refused["message"].as_str().unwrap().contains("does not let us in"),
        "{refused}"
    );

    // The files exist although they cannot be delivered, and stay until the destination is fixed.
    let spec = json!({ "layout": "products", "format": "csv", "file_name": "catalogue", "destinations": [made["id"]] });
    let export = tenant.post("/v1/exports", spec).await;
    let id = export["id"].as_str().unwrap().to_owned();
    let waiting = eventually("a failed try", async || {
        let export = tenant.get(&format!("/v1/exports/{id}")).await;
        export["deliveries"][0]["error"].is_string().then_some(export)
    })
    .await;
    assert_eq!(
        (waiting["status"].as_str(), &waiting["deliveries"][0]["status"]),
        (Some("completed"), &json!("pending"))
    );
    assert!(waiting["files"][0]["url"].is_string());
    let fixed = json!({ "name": kind, "target": target, "secret": secret(&server) });
    tenant.client.call("PUT", &path, Some(&fixed)).await.unwrap();
    assert_eq!(tenant.post(&format!("{path}/test"), json!({})).await["success"], true);
    assert!(
        std::fs::read_dir(server.folder.join("out")).unwrap().flatten().all(|entry| entry.path().is_dir()),
        "the test leaves nothing"
    );
    let due = format!("update export_deliveries set next_at = now() - interval '1 minute' where export_id = '{id}'");
    Stack::get().sql("db_imports", &tenant.id, &due).await;
    Stack::get().invoke("exports.sweep", json!({ "source": "aws.events" })).await;
    let export = delivered(&mut tenant, &id, 1).await;
    assert_eq!(
        (&export["deliveries"][0]["status"], &export["deliveries"][0]["attempts"]),
        (&json!("delivered"), &json!(2))
    );
    let there = server.folder.join("out/catalogue.csv");
    let text = std::fs::read_to_string(&there).unwrap();
    assert!(text.contains("Product 3 delivered"), "{text}");
    assert_eq!(
        std::fs::read_dir(server.folder.join("out")).unwrap().flatten().filter(|entry| entry.path().is_file()).count(),
        1,
        "no part is left"
    );

    // The same message again sends nothing; a new delivery overwrites the file.
    std::fs::remove_file(&there).unwrap();
    let delivery = json!({ "tenant_id": tenant.id, "delivery_id": export["deliveries"][0]["id"] }).to_string();
    assert!(Stack::get().deliver("exports.deliver_files", &[delivery.clone(), delivery]).await.is_empty());
    assert!(!there.exists(), "what was delivered is not sent again");
    for number in 2..=3 {
        tenant.post(&format!("/v1/exports/{id}/deliveries"), json!({ "destination_id": made["id"] })).await;
        delivered(&mut tenant, &id, number).await;
    }
    assert!(there.exists());
    let events = tenant.get(&format!("/v1/exports/{id}/events")).await;
    assert!(events["data"].to_string().contains("delivery_delayed"), "{events}");
}

#[tokio::test]
async fn files_go_to_a_folder_by_ftp() {
    folder("ftp", |server| json!({ "password": server.facts["password"] })).await;
}

#[tokio::test]
async fn files_go_to_a_folder_by_ftps() {
    folder("ftps", |server| json!({ "password": server.facts["password"] })).await;
}

#[tokio::test]
async fn files_go_to_a_folder_by_sftp() {
    folder("sftp", |server| json!({ "private_key": server.facts["private_key"] })).await;
}

#[tokio::test]
async fn files_go_to_buckets_mails_and_webhooks() {
    let mut tenant = Tenant::new("Elsewhere").await;
    products(&mut tenant, 2).await;
    let stack = Stack::get();
    let bucket = format!("seller-{}", uuid::Uuid::new_v4().simple());
    stack.make_bucket(&bucket, None).await;
    let endpoint = stack.endpoint();
    let s3 = json!({ "name": "Bucket", "target": { "kind": "s3", "endpoint": endpoint, "bucket": bucket, "prefix": "in/", "region": "eu-west-3" },
        "secret": { "access_key_id": "test", "secret_access_key": "test" } });
    let s3 = tenant.post("/v1/export-destinations", s3).await;
    let tested = tenant.post(&format!("/v1/export-destinations/{}/test", s3["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(tested["success"], true, "{tested}");
    let (url, got, answer) = receiver(503);
    let hook = tenant
        .post("/v1/export-destinations", json!({ "name": "Hook", "target": { "kind": "webhook", "url": url } }))
        .await;
    let secret = hook["signing_secret"].as_str().unwrap().to_owned();
    let (address, linked_to) = (e2e::address(), e2e::address());
    let mail = tenant
        .post("/v1/export-destinations", json!({ "name": "Mail", "target": { "kind": "email", "to": [address] } }))
        .await;
    let small = json!({ "name": "Links", "target": { "kind": "email", "to": [linked_to], "attach_up_to": 10 } });
    let small = tenant.post("/v1/export-destinations", small).await;
    let spec = json!({ "layout": "shopify", "destinations": [s3["id"], hook["id"], mail["id"], small["id"]] });
    let export = tenant.post("/v1/exports", spec).await;
    let id = export["id"].as_str().unwrap().to_owned();
    delivered(&mut tenant, &id, 3).await;
    // The receiver was not ready: the next attempt sends the same message.
    eventually("a message", async || (!got.lock().unwrap().is_empty()).then_some(())).await;
    *answer.lock().unwrap() = 200;
    let due = format!(
        "update export_deliveries set next_at = now() - interval '1 minute' where export_id = '{id}' and status = 'pending'"
    );
    eventually("the second try", async || {
        stack.sql("db_imports", &tenant.id, &due).await;
        stack.invoke("exports.sweep", json!({ "source": "aws.events" })).await;
        (got.lock().unwrap().len() >= 2).then_some(())
    })
    .await;
    let export = delivered(&mut tenant, &id, 4).await;
    assert!(export["deliveries"].as_array().unwrap().iter().all(|one| one["status"] == "delivered"), "{export}");
    let messages = got.lock().unwrap().clone();
    let (first, last) = (&messages[0], &messages[messages.len() - 1]);
    assert_eq!(first.header("webhook-id"), last.header("webhook-id"), "known again");
    let at = last.header("webhook-timestamp").parse().unwrap();
    assert!(net::verify(&secret, last.header("webhook-id"), at, &last.body, last.header("webhook-signature")));
    let body: Value = serde_json::from_str(&last.body).unwrap();
    let link = body["data"]["files"][0]["url"].as_str().unwrap();
    let linked = reqwest::get(link).await.unwrap().text().await.unwrap();
    assert!(linked.contains("Product 2 delivered"), "the link leads to the file");
    let there = stack.object(&bucket, "in/shopify-products.csv", None).await;
    assert_eq!(there, linked);
    let attached = stack.mail(&address, 1).await;
    assert!(attached.text.contains("shopify-products.csv") && attached.text.contains("bytes)"), "{}", attached.text);
    let linking = stack.mail(&linked_to, 1).await;
    let own = linking.text.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    assert!(own.starts_with(&format!("{}/v1/files/", stack.api())), "{own}");
    assert_eq!(reqwest::get(own).await.unwrap().text().await.unwrap(), linked, "without an account");
    // A final refusal of a receiver notifies people; the files stay.
    let (refusing, _, _) = receiver(404);
    let refusing = json!({ "name": "Refusing", "target": { "kind": "webhook", "url": refusing } });
    let refusing = tenant.post("/v1/export-destinations", refusing).await;
    tenant.post(&format!("/v1/exports/{id}/deliveries"), json!({ "destination_id": refusing["id"] })).await;
    let export = delivered(&mut tenant, &id, 5).await;
    assert!(
        export["deliveries"].to_string().contains("the server answered 404") && export["files"][0]["url"].is_string(),
        "{export}"
    );
    eventually("the notice", async || {
        let notices = tenant.get("/v1/notifications").await;
        notices["data"].to_string().contains("export.delivery_failed").then_some(())
    })
    .await;
    // A link cannot be guessed, and ends with the files.
    let secret = own.rsplit('/').next().unwrap();
    let (before, after) = secret.split_at(secret.len() / 2);
    let other = if after.starts_with('A') { "B" } else { "A" };
    for wrong in [format!("{before}{other}{}", &after[1..]), secret[..40].to_owned(), "x".to_owned()] {
        let answer = reqwest::get(format!("{}/v1/files/{wrong}", stack.api())).await.unwrap();
        assert_eq!(answer.status(), 404, "{wrong}");
    }
    let over = format!("update export_jobs set expires_at = now() - interval '1 minute' where export_id = '{id}'");
    stack.sql("db_imports", &tenant.id, &over).await;
    assert_eq!(reqwest::get(own).await.unwrap().status(), 404, "the files are gone");
    // Webhooks into private networks are refused.
    let inward = json!({ "name": "Inward", "target": { "kind": "webhook", "url": "http://169.254.169.254/" } });
    assert_eq!(tenant.refused("POST", "/v1/export-destinations", inward).await.0, 422);
}

#[tokio::test]
async fn a_role_of_the_sellers_account_lets_us_into_its_bucket_and_nobody_else() {
    let (mut tenant, mut stranger) = (Tenant::new("By role").await, Tenant::new("By another's role").await);
    products(&mut tenant, 2).await;
    let (stack, account) = (Stack::get(), "111122223333");
    let name = format!("exports-{}", uuid::Uuid::new_v4().simple());
    stack.make_bucket(&name, Some(account)).await;
    let (role, resource) = (format!("arn:aws:iam::{account}:role/{name}"), format!("arn:aws:s3:::{name}/*"));
    let place = json!({ "kind": "s3", "bucket": name, "prefix": "in/", "region": "eu-west-3", "role": role });
    let destination = json!({ "name": "Bucket", "target": place });
    let made = tenant.post("/v1/export-destinations", destination.clone()).await;
    assert_eq!(made["has_secret"], false, "{made}");
    let test = format!("/v1/export-destinations/{}/test", made["id"].as_str().unwrap());
    let early = tenant.post(&test, json!({})).await;
    assert!(early["message"].as_str().unwrap().contains("does not let us in"), "there is no such role yet: {early}");

    // A role that any of our customers could use through us is refused.
    let mut open = made["trust_policy"].clone();
    open["Statement"][0].as_object_mut().unwrap().remove("Condition");
    let trust = |policy: &Value| [("RoleName", name.clone()), ("PolicyDocument", policy.to_string())];
    let [role_name, (_, document)] = trust(&open);
    let create = [("Action", "CreateRole"), ("RoleName", &role_name.1), ("AssumeRolePolicyDocument", &document)];
    stack.iam(account, &create).await;
    let write = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:PutObject", "Resource": resource }] });
    let write = write.to_string();
    let allow = [("Action", "PutRolePolicy"), ("RoleName", &name), ("PolicyName", "w"), ("PolicyDocument", &write)];
    stack.iam(account, &allow).await;
    let unguarded = tenant.post(&test, json!({})).await;
    assert!(unguarded["message"].as_str().unwrap().contains("sts:ExternalId"), "{unguarded}");

    let guarded = made["trust_policy"].to_string();
    let guard = [("Action", "UpdateAssumeRolePolicy"), ("RoleName", &name), ("PolicyDocument", &guarded)];
    stack.iam(account, &guard).await;
    assert_eq!(tenant.post(&test, json!({})).await["success"], true);
    let spec = json!({ "layout": "products", "format": "csv", "destinations": [made["id"]] });
    let export = tenant.post("/v1/exports", spec).await;
    let export = delivered(&mut tenant, export["id"].as_str().unwrap(), 1).await;
    assert_eq!(export["deliveries"][0]["status"], "delivered", "{export}");
    assert!(stack.object(&name, "in/products.csv", Some(account)).await.contains("Product 2 delivered"));

    // Another customer who names the role is refused, and so is a role of our own account.
    let theirs = stranger.post("/v1/export-destinations", destination.clone()).await;
    let test = format!("/v1/export-destinations/{}/test", theirs["id"].as_str().unwrap());
    let refused = stranger.post(&test, json!({})).await;
    assert!(refused["message"].as_str().unwrap().contains("does not let us in"), "{refused}");
    for wrong in [
        "arn:aws:iam::000000000000:role/pm-test-exports",
        "arn:aws:iam::1:role/x",
        "arn:aws:sts::111122223333:role/x",
        "role",
    ] {
        let mut target = place.clone();
        target["role"] = json!(wrong);
        let wrong = json!({ "name": "Wrong", "target": target });
        assert_eq!(tenant.refused("POST", "/v1/export-destinations", wrong).await, (422, "validation_failed".into()));
    }
    let mut elsewhere = place;
    elsewhere["endpoint"] = json!("https://minio.example");
    let elsewhere = json!({ "name": "Elsewhere", "target": elsewhere });
    assert_eq!(tenant.refused("POST", "/v1/export-destinations", elsewhere).await.0, 422);
}

#[tokio::test]
async fn a_schedule_runs_when_due_once_and_exports_what_changed() {
    let mut tenant = Tenant::new("Schedules").await;
    products(&mut tenant, 3).await;
    let stack = Stack::get();
    let input = json!({ "name": "Each night", "definition": { "layout": "products", "format": "csv" }, "only_changed": true,
        "schedule": { "every": "month", "day": 31, "at": "02:30" } });
    let made = tenant.post("/v1/export-schedules", input.clone()).await;
    let (id, path) =
        (made["id"].as_str().unwrap().to_owned(), format!("/v1/export-schedules/{}", made["id"].as_str().unwrap()));
    assert_eq!((made["next_runs"].as_array().unwrap().len(), made["time_zone"].as_str()), (5, Some("Europe/Paris")));
    let tick = async || {
        // Due hours ago; two ticks.
        let due = format!(
            "update export_schedules set next_run_at = date_trunc('hour', now()) - interval '5 hours' where schedule_id = '{id}'"
        );
        stack.sql("db_imports", &tenant.id, &due).await;
        for _ in 0..2 {
            stack.invoke("exports.start_scheduled", json!({ "source": "aws.events" })).await;
        }
    };
    tick().await;
    let list = format!("/v1/exports?schedule_id={id}");
    let runs = tenant.get(&list).await;
    assert_eq!(runs["data"].as_array().unwrap().len(), 1, "each due time is one export: {runs}");
    let first = ended(&mut tenant, runs["data"][0]["id"].as_str().unwrap()).await;
    assert_eq!(
        (first["cause"].as_str(), first["exported"].as_i64(), first["name"].as_str()),
        (Some("schedule"), Some(3), Some("Each night"))
    );
    // No product changed; then one changes.
    let run = |made: Value| made["id"].as_str().unwrap().to_owned();
    let again = run(tenant.post(&format!("{path}/run"), json!({})).await);
    let quiet = eventually("nothing new", async || {
        let export = ended(&mut tenant, &again).await;
        Some(export["exported"].as_i64())
    })
    .await;
    assert_eq!(quiet, Some(0), "what did not change is left");
    let product = tenant.get("/v1/products?sku=P-000002").await["data"][0].clone();
    let change = json!({ "title": "Changed" });
    let at = format!("/v1/products/{}", product["id"].as_str().unwrap());
    tenant.client.call_seen("PATCH", &at, Some(&change), Some("*")).await.unwrap();
    let third = run(tenant.post(&format!("{path}/run"), json!({})).await);
    let third = ended(&mut tenant, &third).await;
    assert_eq!((third["exported"].as_i64(), third["cause"].as_str()), (Some(1), Some("by_hand")), "{third}");
    // A paused schedule is never due; a choice that is not possible any more makes the export fail and notifies people.
    let mut paused = input.clone();
    paused["enabled"] = json!(false);
    let saved = tenant.client.call("PUT", &path, Some(&paused)).await.unwrap();
    assert_eq!(saved["next_runs"], json!([]));
    stack.invoke("exports.start_scheduled", json!({ "source": "aws.events" })).await;
    assert_eq!(tenant.get(&list).await["data"].as_array().unwrap().len(), 3);
    let template = tenant
        .post("/v1/export-templates", json!({ "name": "Soon gone", "definition": { "layout": "shopify" } }))
        .await;
    let gone = json!({ "name": "Gone", "definition": { "template_id": template["id"] } });
    let gone = tenant.post("/v1/export-schedules", gone).await;
    tenant
        .client
        .call("DELETE", &format!("/v1/export-templates/{}", template["id"].as_str().unwrap()), None)
        .await
        .ok();
    let failed =
        run(tenant.post(&format!("/v1/export-schedules/{}/run", gone["id"].as_str().unwrap()), json!({})).await);
    let failed = ended(&mut tenant, &failed).await;
    assert_eq!(
        (failed["status"].as_str(), failed["code"].as_str()),
        (Some("failed"), Some("choices_invalid")),
        "{failed}"
    );
    // After a change of the template the next run exports everything; a deleted destination blocks nothing.
    let to = json!({ "name": "Deleted", "target": { "kind": "email", "to": [e2e::address()] } });
    let to = tenant.post("/v1/export-destinations", to).await["id"].clone();
    let shown = json!({ "layout": "products", "format": "csv", "destinations": [to] });
    let template = tenant.post("/v1/export-templates", json!({ "name": "Changing", "definition": shown })).await;
    let template_id = template["id"].as_str().unwrap();
    let by_template =
        json!({ "name": "By template", "definition": { "template_id": template_id }, "only_changed": true });
    let by_template = tenant.post("/v1/export-schedules", by_template).await;
    let path = format!("/v1/export-schedules/{}/run", by_template["id"].as_str().unwrap());
    let mut counts = Vec::new();
    for round in 0..4 {
        if round == 1 {
            let changed = json!({ "name": "Changing", "definition": { "layout": "products", "format": "jsonl", "destinations": [to] } });
            let at = format!("/v1/export-templates/{template_id}");
            tenant.client.call_seen("PUT", &at, Some(&changed), Some("\"1\"")).await.unwrap();
        }
        if round == 2 {
            let at = format!("/v1/export-destinations/{}", to.as_str().unwrap());
            assert_eq!(tenant.refused("DELETE", &at, json!(null)).await, (409, "destination_in_use".to_owned()));
        }
        let export = run(tenant.post(&path, json!({})).await);
        let export = ended(&mut tenant, &export).await;
        counts.push((export["status"].as_str().unwrap().to_owned(), export["exported"].as_i64().unwrap()));
    }
    let counts: Vec<(&str, i64)> = counts.iter().map(|(status, count)| (status.as_str(), *count)).collect();
    assert_eq!(counts, [("completed", 3), ("completed", 3), ("completed", 0), ("completed", 0)]);
    let wrong =
        json!({ "name": "Wrong", "definition": {}, "schedule": { "every": "cron", "expression": "61 * * * *" } });
    assert_eq!(tenant.refused("POST", "/v1/export-schedules", wrong).await.0, 422);
}
