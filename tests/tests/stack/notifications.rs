//! Notifications of people and other systems when a job ends.

use e2e::{Stack, Tenant, eventually};
use serde_json::{Value, json};

use crate::servers::receiver;

async fn notices(tenant: &mut Tenant, number: usize) -> Vec<Value> {
    eventually("the notice", async || {
        let page = tenant.get("/v1/notifications").await;
        let data = page["data"].as_array().unwrap().clone();
        (data.len() >= number).then_some(data)
    })
    .await
}

#[tokio::test]
async fn people_and_webhooks_are_notified_once_of_the_end_of_an_import() {
    let mut tenant = Tenant::new("Told").await;
    let (url, got, _) = receiver(204);
    let hook = json!({ "url": url, "events": ["import.completed", "import.failed", "import.held"] });
    let hook = tenant.post("/v1/webhooks", hook).await;
    let (hook_id, secret) = (hook["id"].as_str().unwrap().to_owned(), hook["secret"].as_str().unwrap().to_owned());
    assert!(tenant.get("/v1/webhooks").await["data"][0].get("secret").is_none(), "shown once");

    let import = tenant.import(b"sku,title,price\nA,One,1\nB,Two,-1\n").await;
    let notice = notices(&mut tenant, 1).await.remove(0);
    assert_eq!((notice["event"].as_str(), notice["kind"].as_str()), (Some("import.completed"), Some("warning")));
    assert_eq!(notice["subject"]["import_id"], import.id.as_str());
    assert!(notice["message"].as_str().unwrap().contains("1 created"), "{notice}");
    let message = eventually("the webhook", async || got.lock().unwrap().first().cloned()).await;
    let (id, at) = (message.header("webhook-id"), message.header("webhook-timestamp").parse().unwrap());
    assert!(net::verify(&secret, id, at, &message.body, message.header("webhook-signature")));
    assert!(message.header("x-pm-signature").starts_with("sha256="));
    let body: Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!((&body["event"], &body["webhook_id"]), (&json!("import.completed"), &json!(hook_id)));
    assert_eq!((&body["data"]["stats"]["created"], &body["data"]["stats"]["rejected"]), (&json!(1), &json!(1)));
    // The person who created it gets a mail about it, after the mail of the sign-up.
    let mails = eventually("the mail", async || {
        let mails = Stack::get().mails(&tenant.email).await;
        mails.iter().any(|mail| mail.subject.contains("test.csv")).then_some(mails)
    })
    .await;
    let summary = mails.iter().find(|mail| mail.subject.contains("test.csv")).unwrap();
    let link = format!("imports/{}", import.id);
    assert!(summary.text.contains("1 created") && summary.text.contains(&link), "{}", summary.text);
    assert!(summary.html.contains("1 created"), "{}", summary.html);

    // The bus delivers the event again: nobody is notified twice.
    let ours = format!("select kind, detail::text from outbox where tenant_id = '{}'", tenant.id);
    let event = Stack::get()
        .sql("db_imports", &tenant.id, &ours)
        .await
        .iter()
        .map(|row| (sqlx::Row::get::<String, _>(row, 0), sqlx::Row::get::<String, _>(row, 1)))
        .next()
        .unwrap();
    let repeated =
        json!({ "detail-type": event.0, "detail": serde_json::from_str::<Value>(&event.1).unwrap() }).to_string();
    assert!(Stack::get().deliver("notifications.take_event", &[repeated.clone(), repeated]).await.is_empty());
    let deliveries = tenant.get(&format!("/v1/webhooks/{hook_id}/deliveries")).await;
    assert_eq!(deliveries["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&deliveries["data"][0]["status"], &deliveries["data"][0]["answer"]),
        (&json!("delivered"), &json!(204))
    );
    // The sweep sends whatever is due: nothing is.
    Stack::get().invoke("notifications.sweep", json!({ "source": "aws.events" })).await;
    assert_eq!((notices(&mut tenant, 1).await.len(), got.lock().unwrap().len()), (1, 1));
    let again = Stack::get().mails(&tenant.email).await;
    assert_eq!(again.iter().filter(|mail| mail.subject.contains("test.csv")).count(), 1);

    // Marking as read, preferences; another organisation sees nothing.
    assert_eq!(tenant.get("/v1/notifications?unread=true").await["unread"], 1);
    assert_eq!(tenant.post("/v1/notifications/read", json!({})).await["unread"], 0);
    assert!(tenant.get("/v1/notifications?unread=true").await["data"].as_array().unwrap().is_empty());
    assert_eq!(tenant.get("/v1/notifications").await["data"][0]["read"], true);
    let wishes = json!({ "mails": { "import.failed": "none" } });
    let wishes = tenant.client.call("PUT", "/v1/notifications/preferences", Some(&wishes)).await.unwrap();
    assert_eq!((&wishes["mails"]["import.failed"], &wishes["mails"]["import.held"]), (&json!("none"), &json!("all")));
    let wrong = json!({ "mails": { "import.exploded": "all" } });
    assert_eq!(tenant.refused("PUT", "/v1/notifications/preferences", wrong).await.0, 422);
    tenant.import(b"colour\nred\n").await;
    let failed = notices(&mut tenant, 2).await.remove(0);
    assert_eq!((failed["event"].as_str(), failed["kind"].as_str()), (Some("import.failed"), Some("error")));
    eventually("the second webhook", async || (got.lock().unwrap().len() == 2).then_some(())).await;
    let mails = Stack::get().mails(&tenant.email).await;
    assert_eq!(mails.iter().filter(|mail| mail.subject.contains("test.csv")).count(), 1, "no mail was wanted");
    let mut other = Tenant::new("Untold").await;
    assert_eq!(other.get("/v1/notifications").await["data"], json!([]));
}

#[tokio::test]
async fn a_webhook_that_fails_is_tried_again_and_one_that_is_gone_is_switched_off() {
    let mut tenant = Tenant::new("Failing hook").await;
    let stack = Stack::get();
    let (url, got, answer) = receiver(503);
    let hook = tenant.post("/v1/webhooks", json!({ "url": url, "events": ["import.failed"] })).await;
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    tenant.post(&format!("{path}/test"), json!({})).await;
    let tried = |status: &'static str, attempts: u64| {
        let path = path.clone();
        async move |tenant: &mut Tenant| {
            eventually("the try", async || {
                let last = tenant.get(&format!("{path}/deliveries")).await["data"][0].clone();
                (last["status"] == status
                    // The stack's own sweep may have been faster than this test.
                    && last["attempts"].as_u64() >= Some(attempts)
                    && last["error"].is_string() == (status != "delivered"))
                    .then_some(last)
            })
            .await
        }
    };
    let first = tried("pending", 1)(&mut tenant).await;
    assert_eq!(first["answer"], 503);
    assert!(first["next_at"].is_string());
    let due = "update webhook_deliveries set next_at = now() - interval '1 minute' where status = 'pending'";
    stack.sql("db_core", &tenant.id, due).await;
    *answer.lock().unwrap() = 200;
    stack.invoke("notifications.sweep", json!({ "source": "aws.events" })).await;
    tried("delivered", 2)(&mut tenant).await;
    let ids: Vec<String> = got.lock().unwrap().iter().map(|message| message.header("webhook-id").to_owned()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "one message: {ids:?}");

    *answer.lock().unwrap() = 410;
    tenant.post(&format!("{path}/test"), json!({})).await;
    tried("failed", 1)(&mut tenant).await;
    let off = eventually("the switch", async || {
        let hook = tenant.get("/v1/webhooks").await["data"][0].clone();
        (hook["active"] == false).then_some(hook)
    })
    .await;
    assert!(off["disabled_at"].is_string());
    assert_eq!(notices(&mut tenant, 1).await[0]["event"], "webhook.disabled");
    let on = json!({ "url": url, "events": ["import.failed"], "description": "fixed" });
    let on = tenant.client.call("PUT", &path, Some(&on)).await.unwrap();
    assert_eq!((&on["active"], &on["disabled_at"], &on["description"]), (&json!(true), &Value::Null, &json!("fixed")));

    // Pending deliveries of a webhook that is switched off fail.
    *answer.lock().unwrap() = 503;
    tenant.import(b"colour\nred\n").await;
    tried("pending", 1)(&mut tenant).await;
    let off = json!({ "url": url, "events": ["import.failed"], "active": false });
    tenant.client.call("PUT", &path, Some(&off)).await.unwrap();
    let dropped = tried("failed", 1)(&mut tenant).await;
    assert_eq!(dropped["error"], "the webhook was switched off");

    // Addresses in our own network are refused.
    let inside = "http://169.254.169.254/latest/meta-data";
    let moved = format!("update webhooks set url = '{inside}' where webhook_id = '{}'", hook["id"].as_str().unwrap());
    stack.sql("db_core", &tenant.id, &moved).await;
    tenant.post(&format!("{path}/test"), json!({})).await;
    let refused = tried("failed", 1)(&mut tenant).await;
    assert!(refused["error"].as_str().unwrap().contains("private network"), "{refused}");
    for wrong in [
        json!({ "url": inside, "events": ["import.failed"] }),
        json!({ "url": "https://user:password@x.example/", "events": ["import.failed"] }),
        json!({ "url": "ftp://x.example", "events": ["import.failed"] }),
        json!({ "url": url, "events": [] }),
        json!({ "url": url, "events": ["import.exploded"] }),
    ] {
        assert_eq!(tenant.refused("POST", "/v1/webhooks", wrong).await.0, 422);
    }
    tenant.client.call("DELETE", &path, None).await.unwrap();
    assert_eq!(tenant.refused("GET", &format!("{path}/deliveries"), json!({})).await.0, 404);
}

#[tokio::test]
async fn a_rotated_secret_overlaps_for_a_day_and_deliveries_are_sent_again() {
    let mut tenant = Tenant::new("Rotated").await;
    let (url, got, answer) = receiver(204);
    let hook = json!({ "url": url, "events": ["import.completed"] });
    let hook = tenant.post("/v1/webhooks", hook).await;
    let (path, first) =
        (format!("/v1/webhooks/{}", hook["id"].as_str().unwrap()), hook["secret"].as_str().unwrap().to_owned());
    let rotated = tenant.post(&format!("{path}/rotate"), json!({})).await;
    let second = rotated["secret"].as_str().unwrap().to_owned();
    assert!(second != first && rotated["previous_until"].is_string(), "{rotated}");
    tenant.post(&format!("{path}/test"), json!({})).await;
    let message = eventually("the test", async || got.lock().unwrap().first().cloned()).await;
    let at = message.header("webhook-timestamp").parse().unwrap();
    for secret in [&first, &second] {
        assert!(net::verify(
            secret,
            message.header("webhook-id"),
            at,
            &message.body,
            message.header("webhook-signature")
        ));
    }
    // A day later the previous secret is invalid.
    let over = "update webhooks set previous_until = now() - interval '1 minute'";
    Stack::get().sql("db_core", &tenant.id, over).await;
    // A delivery that the receiver refused is sent again, with the same id.
    *answer.lock().unwrap() = 400;
    tenant.post(&format!("{path}/test"), json!({})).await;
    let failed = eventually("a failure", async || {
        let deliveries = tenant.get(&format!("{path}/deliveries")).await;
        deliveries["data"].as_array().unwrap().iter().find(|one| one["status"] == "failed").cloned()
    })
    .await;
    *answer.lock().unwrap() = 200;
    let replayed = tenant.post(&format!("{path}/replay"), json!({ "failed_since": "2026-01-01T00:00:00Z" })).await;
    assert_eq!(replayed["deliveries"], 1);
    let message = eventually("the third message", async || got.lock().unwrap().get(2).cloned()).await;
    assert_eq!(message.header("webhook-id"), failed["message_id"].as_str().unwrap());
    let at = message.header("webhook-timestamp").parse().unwrap();
    let signature = message.header("webhook-signature").to_owned();
    assert!(net::verify(&second, message.header("webhook-id"), at, &message.body, &signature));
    assert!(!net::verify(&first, message.header("webhook-id"), at, &message.body, &signature));
    let wrong = json!({ "delivery_ids": [], "failed_since": null });
    assert_eq!(tenant.refused("POST", &format!("{path}/replay"), wrong).await.0, 422);
}
