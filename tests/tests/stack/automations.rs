//! Automations: files from web addresses, interfaces, servers, mails, folders.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::{Stack, Tenant, eventually};
use serde_json::{Value, json};

use crate::servers::{Server, serve};

async fn supplier(tenant: &mut Tenant) -> String {
    tenant.post("/v1/suppliers", json!({ "name": "Supplier" })).await["id"].as_str().unwrap().to_owned()
}

/// Waits until `number` runs have ended; returns the newest.
async fn nth_run(tenant: &mut Tenant, id: &str, number: usize) -> Value {
    eventually("a run that has ended", async || {
        let runs = tenant.get(&format!("/v1/automations/{id}/runs")).await;
        let runs = runs["data"].as_array().unwrap();
        (runs.iter().filter(|run| run["status"] != "running").count() >= number).then(|| runs[0].clone())
    })
    .await
}

/// Requests a run and waits until it ends.
async fn run_now(tenant: &mut Tenant, id: &str) -> Value {
    let before = tenant.get(&format!("/v1/automations/{id}/runs")).await["data"].as_array().unwrap().len();
    tenant.post(&format!("/v1/automations/{id}/run"), json!({})).await;
    nth_run(tenant, id, before + 1).await
}

async fn imported(tenant: &mut Tenant, run: &Value) -> client::Import {
    assert_eq!(run["status"], "imported", "{run}");
    tenant.finished(run["imports"][0].as_str().unwrap()).await
}

#[tokio::test]
async fn a_web_address_is_polled_when_due_and_fetched_when_changed() {
    let mut tenant = Tenant::new("Web address").await;
    let supplier = supplier(&mut tenant).await;
    let file = Arc::new(Mutex::new((1, "sku;title;price\n1;Nut;1\n".to_owned())));
    let served = Arc::clone(&file);
    let base = serve(move |request| {
        let (version, text) = served.lock().unwrap().clone();
        if !request.contains("authorization: basic dGFyaWZzOmxldCBtZSBpbg==".to_lowercase().as_str()) {
            return ("401 Unauthorized".into(), String::new(), String::new());
        }
        if request.contains(&format!("if-none-match: \"v{version}\"")) {
            return ("304 Not Modified".into(), String::new(), String::new());
        }
        ("200 OK".into(), format!("ETag: \"v{version}\"\r\n"), text)
    });
    let mut input = json!({
        "name": "Daily", "supplier_id": supplier, "secret": { "password": "wrong" }, "pause_after": 2,
        "schedule": { "every": "cron", "expression": "0 6 * * *" }, "time_zone": "Europe/Paris",
        "source": { "kind": "http", "url": format!("{base}/tarif.csv"), "login": { "basic": "tarifs" } },
    });
    let made = tenant.post("/v1/automations", input.clone()).await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!((made["has_secret"].as_bool(), made["next_runs"].as_array().unwrap().len()), (Some(true), 5));
    assert!(!made.to_string().contains("wrong"), "a secret is never shown");
    let failed = tenant.post(&format!("/v1/automations/{id}/test"), json!({})).await;
    assert!(failed["success"] == false && failed["message"].as_str().unwrap().contains("401"), "{failed}");

    // Two failures in a row: the automation pauses and names the reason.
    for _ in 0..2 {
        let run = run_now(&mut tenant, &id).await;
        assert!(run["status"] == "failed" && run["message"].as_str().unwrap().contains("401"), "{run}");
    }
    let paused = tenant.get(&format!("/v1/automations/{id}")).await;
    assert_eq!((paused["enabled"].as_bool(), paused["failures"].as_u64()), (Some(false), Some(2)));
    assert!(paused["paused_at"].is_string());

    input["secret"] = json!({ "password": "let me in" });
    let path = format!("/v1/automations/{id}");
    let fixed = tenant.client.call("PUT", &path, Some(&input)).await.unwrap();
    assert_eq!((fixed["failures"].as_u64(), &fixed["paused_at"]), (Some(0), &Value::Null));
    assert_eq!(tenant.post(&format!("{path}/test"), json!({})).await["success"], true);

    // The automation is due: only one tick starts it.
    let due = format!("update automations set next_run_at = now() - interval '1 hour' where automation_id = '{id}'");
    Stack::get().sql("db_suppliers", &tenant.id, &due).await;
    for _ in 0..2 {
        Stack::get().invoke("imports.tick_automations", json!({ "source": "aws.events" })).await;
    }
    let run = nth_run(&mut tenant, &id, 3).await;
    assert_eq!(run["cause"], "schedule");
    assert_eq!(imported(&mut tenant, &run).await.totals.created, 1);
    assert_eq!(run_now(&mut tenant, &id).await["status"], "nothing_new", "304");
    file.lock().unwrap().0 = 2;
    let same = run_now(&mut tenant, &id).await;
    assert!(same["status"] == "nothing_new" && same["message"].as_str().unwrap().contains("same content"), "{same}");
    *file.lock().unwrap() = (3, "sku;title;price\n1;Nut;1.2\n2;Bolt;3\n".to_owned());
    let run = run_now(&mut tenant, &id).await;
    let import = imported(&mut tenant, &run).await;
    assert_eq!((import.totals.created, import.totals.updated), (1, 1));
    assert_eq!(tenant.get(&format!("{path}/runs")).await["data"].as_array().unwrap().len(), 6, "one run was due");

    // The guards are on by default: a file that lost most of its rows is held.
    let many: String = (100..150).map(|sku| format!("{sku};Thing;1\n")).collect();
    *file.lock().unwrap() = (4, format!("sku;title;price\n{many}"));
    let run = run_now(&mut tenant, &id).await;
    imported(&mut tenant, &run).await;
    *file.lock().unwrap() = (5, "sku;title;price\n1;Nut;2\n".to_owned());
    let run = run_now(&mut tenant, &id).await;
    let held = tenant.reaches(run["imports"][0].as_str().unwrap(), &["held"]).await;
    assert!(held["holds"].to_string().contains("rows"), "{held}");

    // The password is sent to no other server.
    input["secret"] = Value::Null;
    input["source"]["url"] = json!("https://elsewhere.example/tarif.csv");
    let refused = e2e::refusal(tenant.client.call("PUT", &path, Some(&input)).await);
    assert_eq!(refused, (422, "validation_failed".to_owned()));
    input["source"]["url"] = json!(format!("{base}/other.csv"));
    tenant.client.call("PUT", &path, Some(&input)).await.unwrap();
    tenant.client.call("DELETE", &path, None).await.unwrap();
    assert_eq!(tenant.refused("GET", &path, Value::Null).await.0, 404);
}

#[tokio::test]
async fn an_interface_is_read_page_by_page() {
    let mut tenant = Tenant::new("Interface").await;
    let supplier = supplier(&mut tenant).await;
    let base = serve(|request| {
        if request.starts_with("post /token") {
            let known = "grant_type=client_credentials&client_id=pm&client_secret=s%26cret&scope=items";
            let good = request.ends_with(known);
            let token = json!({ "access_token": "letters", "token_type": "Bearer", "expires_in": 60 }).to_string();
            return (if good { "200 OK" } else { "401 No" }.to_owned(), String::new(), token);
        }
        if !request.contains("x-api-key: letters") && !request.contains("authorization: bearer letters") {
            return ("403 Forbidden".into(), String::new(), String::new());
        }
        let page = |objects: &[u32], next: &str| {
            let items: Vec<Value> =
                objects.iter().map(|sku| json!({"sku": sku, "title": "Thing", "price": 1})).collect();
            ("200 OK".to_owned(), String::new(), json!({"data": {"items": items}, "next": next}).to_string())
        };
        match request.split_whitespace().nth(1).unwrap() {
            "/v1/items?limit=2&after=b%2f1" => page(&[3, 4], "c"),
            "/v1/items?limit=2&after=c" => page(&[5], ""),
            _ => page(&[1, 2], "b/1"),
        }
    });
    let made = tenant
        .post(
            "/v1/automations",
            json!({
                "name": "Interface", "supplier_id": supplier, "secret": { "token": "letters" },
                "source": {
                    "kind": "rest", "url": format!("{base}/v1/items?limit=2"), "login": { "header": "X-Api-Key" },
                    "path": "data.items", "paging": { "cursor": { "parameter": "after", "path": "next" } },
                },
            }),
        )
        .await;
    let run = run_now(&mut tenant, made["id"].as_str().unwrap()).await;
    assert_eq!(imported(&mut tenant, &run).await.totals.created, 5);
    assert_eq!(tenant.catalogue().await.len(), 5);

    // The same with a token that is requested first.
    let login = json!({ "oauth2": { "token_url": format!("{base}/token"), "client_id": "pm", "scope": "items" } });
    let mut input = json!({
        "name": "With tokens", "supplier_id": supplier, "secret": { "password": "wrong" },
        "source": { "kind": "rest", "url": format!("{base}/v1/items?limit=2"), "login": login, "path": "data.items" },
    });
    let made = tenant.post("/v1/automations", input.clone()).await;
    let path = format!("/v1/automations/{}", made["id"].as_str().unwrap());
    let refused = tenant.post(&format!("{path}/test"), json!({})).await;
    assert!(refused["message"].as_str().unwrap().contains("no access token could be obtained"), "{refused}");
    input["secret"] = json!({ "password": "s&cret" });
    tenant.client.call("PUT", &path, Some(&input)).await.unwrap();
    assert_eq!(tenant.post(&format!("{path}/test"), json!({})).await["success"], true);
    let run = run_now(&mut tenant, made["id"].as_str().unwrap()).await;
    assert_eq!(imported(&mut tenant, &run).await.totals.unchanged, 2);
}

fn mail(token: &str, from: &str, proof: &str) -> Vec<u8> {
    format!(
        "Return-Path: <{from}>\r\nX-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\n\
         Authentication-Results: amazonses.com; {proof}\r\nFrom: Tarifs <{from}>\r\nTo: {token}\r\nSubject: Tarif\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVoici.\r\n\
         --b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=\"tarif.csv\"\r\n\r\n\
         sku;title;price\r\nm1;By mail;1\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn files_from_mails_and_folders_are_imported_once_and_only_from_allowed_senders() {
    let mut tenant = Tenant::new("Arrivals").await;
    let supplier = supplier(&mut tenant).await;
    let stack = Stack::get();
    let source = json!({ "kind": "email", "allowed_senders": ["@supplier.example"] });
    let by_mail = tenant
        .post(
            "/v1/automations",
            json!({ "name": "Mail", "supplier_id": supplier, "source": source, "skip_unchanged": false }),
        )
        .await;
    let (id, address) = (by_mail["id"].as_str().unwrap().to_owned(), by_mail["address"].as_str().unwrap().to_owned());
    let put = async |mail: &[u8]| {
        let key = format!("inbox/mail/{}", uuid::Uuid::new_v4().simple());
        let version = stack.put_object(&key, mail).await;
        (key, version)
    };
    put(&mail(&address, "prices@other.example", "spf=pass envelope-from=prices@other.example")).await;
    let left = nth_run(&mut tenant, &id, 1).await;
    assert!(left["status"] == "nothing_new" && left["message"].as_str().unwrap().contains("allowed senders"), "{left}");
    put(&mail(&address, "prices@supplier.example", "spf=pass envelope-from=me@evil.example; dkim=none")).await;
    let left = nth_run(&mut tenant, &id, 2).await;
    assert!(left["message"].as_str().unwrap().contains("SPF"), "{left}");
    put(&mail(
        "import-0123456789abcdef0123456789abcdef@in.example",
        "prices@supplier.example",
        "dmarc=pass header.from=supplier.example",
    ))
    .await;
    put(b"no mail at all").await;
    let (key, version) =
        put(&mail(&address, "prices@supplier.example", "spf=pass envelope-from=x@supplier.example; dmarc=none")).await;
    let run = nth_run(&mut tenant, &id, 3).await;
    let import = imported(&mut tenant, &run).await;
    assert_eq!((import.totals.created, import.file_name.as_str()), (1, "tarif.csv"));

    // The folder: a name with spaces and accents, the same notification twice, the folder of another organisation.
    let dropped = tenant
        .post(
            "/v1/automations",
            json!({ "name": "Drop", "supplier_id": supplier, "source": { "kind": "drop" }, "approve": true }),
        )
        .await;
    let (drop_id, folder) =
        (dropped["id"].as_str().unwrap().to_owned(), dropped["folder"].as_str().unwrap().to_owned());
    stack.put_object(&format!("{folder}tarif%20d'%C3%A9t%C3%A9.csv"), b"sku;title;price\nd1;Dropped;1\n").await;
    let run = nth_run(&mut tenant, &drop_id, 1).await;
    let waiting = tenant.reaches(run["imports"][0].as_str().unwrap(), &["ready"]).await;
    assert_eq!(
        (waiting["file_name"].as_str(), waiting["totals"]["created"].as_u64()),
        (Some("tarif d'été.csv"), Some(1))
    );
    tenant.post(&format!("/v1/imports/{}/apply", run["imports"][0].as_str().unwrap()), json!({})).await;
    tenant.finished(run["imports"][0].as_str().unwrap()).await;

    // A new file with the same name, as suppliers send each day.
    stack.put_object(&format!("{folder}tarif%20d'%C3%A9t%C3%A9.csv"), b"sku;title;price\nd1;Dropped;1.1\n").await;
    let run = nth_run(&mut tenant, &drop_id, 2).await;
    let waiting = tenant.reaches(run["imports"][0].as_str().unwrap(), &["ready"]).await;
    assert_eq!(waiting["totals"]["updated"].as_u64(), Some(1), "{waiting}");

    let mut stranger = Tenant::new("Stranger's folder").await;
    let theirs = folder.replace(&tenant.id, &stranger.id);
    stack.put_object(&format!("{theirs}x.csv"), b"sku;title;price\nx1;Stray;1\n").await;
    stack.put_object("inbox/nonsense.csv", b"sku;title\nx2;Stray\n").await;
    let notice = |key: &str, version: Option<&str>| {
        let object = json!({ "key": key, "size": 10, "versionId": version });
        json!({"Records": [{"s3": {"bucket": {"name": "any"}, "object": object}}]}).to_string()
    };
    let again = notice(&key, version.as_deref());
    assert!(stack.deliver("imports.receive_file", &[again.clone(), again]).await.is_empty());
    let strays = [notice(&format!("{theirs}x.csv"), None), notice("inbox/nonsense.csv", None)];
    assert!(stack.deliver("imports.receive_file", &strays).await.is_empty());
    assert_eq!(tenant.get("/v1/imports").await["data"].as_array().unwrap().len(), 3, "each file once");
    assert_eq!(tenant.catalogue().await.len(), 2);
    assert!(stranger.catalogue().await.is_empty());
}

/// Tests a folder of a server, for any protocol.
async fn folder(kind: &str, secret: impl Fn(&Server) -> Value) {
    let mut tenant = Tenant::new(kind).await;
    let supplier = supplier(&mut tenant).await;
    let server = Server::start(kind);
    let protocol = if kind.starts_with("ftp") { kind } else { "sftp" };
    let root = server.facts["root"].as_str().unwrap();
    server.put("tarif_old.csv", "sku;title;price\n1;Old;1\n", 7_200);
    server.put("tarif_new.csv", "sku;title;price\n1;New;2\n2;Other;3\n", 3_600);
    server.put("notes.txt", "Bonjour", 60);
    let mut input = json!({
        "name": kind, "supplier_id": supplier, "secret": { "password": "wrong" },
        "source": {
            "kind": "ftp", "protocol": protocol, "host": "127.0.0.1", "port": server.facts["port"],
            "username": server.facts["user"], "folder": format!("{root}/out"), "pattern": "tarif_*.CSV",
            "afterwards": { "move_to": format!("{root}/out/done") },
        },
    });
    let made = tenant.post("/v1/automations", input.clone()).await;
    let path = format!("/v1/automations/{}", made["id"].as_str().unwrap());
    let id = made["id"].as_str().unwrap().to_owned();
    if let Some(certificate) = server.facts.get("certificate") {
        // No known authority signed the certificate: it is shown, and trusted once somebody saves it.
        let unknown = tenant.post(&format!("{path}/test"), json!({})).await;
        assert!(unknown["success"] == false && unknown["host_key"] == *certificate, "{unknown}");
        input["source"]["host_key"] = certificate.clone();
        tenant.client.call("PUT", &path, Some(&input)).await.unwrap();
    }
    let refused = tenant.post(&format!("{path}/test"), json!({})).await;
    assert!(
        refused["success"] == false && refused["message"].as_str().unwrap().contains("does not let us in"),
        "{refused}"
    );
    input["secret"] = secret(&server);
    tenant.client.call("PUT", &path, Some(&input)).await.unwrap();
    let tested = tenant.post(&format!("{path}/test"), json!({})).await;
    assert!(tested["success"] == true && tested["files"].to_string().contains("tarif_new.csv"), "{tested}");

    let run = run_now(&mut tenant, &id).await;
    let import = imported(&mut tenant, &run).await;
    assert_eq!((import.file_name.as_str(), import.totals.created), ("tarif_new.csv", 2), "the newest that matches");
    assert!(server.folder.join("out/done/tarif_new.csv").exists() && !server.folder.join("out/tarif_new.csv").exists());

    input["source"]["take"] = json!("all_new");
    input["source"]["afterwards"] = json!("delete");
    tenant.client.call("PUT", &path, Some(&input)).await.unwrap();
    server.put("tarif_3.csv", "sku;title;price\n3;Third;3\n", 10);
    let run = run_now(&mut tenant, &id).await;
    assert_eq!(run["imports"].as_array().unwrap().len(), 2, "{run}");
    for import in run["imports"].as_array().unwrap() {
        tenant.finished(import.as_str().unwrap()).await;
    }
    assert!(!server.folder.join("out/tarif_old.csv").exists() && server.folder.join("out/notes.txt").exists());
    assert_eq!(run_now(&mut tenant, &id).await["status"], "nothing_new");

    // A file that is still being written is left until it is complete.
    let growing = server.folder.join("out/tarif_4.csv");
    std::fs::write(&growing, "sku;title;price\n").unwrap();
    let (going, ended) = (Arc::new(Mutex::new(true)), growing.clone());
    let still = Arc::clone(&going);
    let writer = std::thread::spawn(move || {
        let mut file = std::fs::File::options().append(true).open(ended).unwrap();
        for number in 4.. {
            writeln!(file, "{number};Product {number};1").unwrap();
            if !*still.lock().unwrap() {
                return number;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        0
    });
    let run = run_now(&mut tenant, &id).await;
    assert!(run["status"] == "failed" && run["message"].as_str().unwrap().contains("still being written"), "{run}");
    *going.lock().unwrap() = false;
    let last = writer.join().unwrap();
    let run = run_now(&mut tenant, &id).await;
    assert_eq!(imported(&mut tenant, &run).await.totals.created, last - 3);

    let known = tenant.get(&path).await["host_key"].clone();
    assert_eq!(known, server.facts.get("fingerprint").cloned().unwrap_or_default());
    if protocol != "ftp" {
        // Another server at the same address is not trusted and gets no password.
        input["source"]["host_key"] = json!("SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        tenant.client.call("PUT", &path, Some(&input)).await.unwrap();
        let run = run_now(&mut tenant, &id).await;
        let expected = if protocol == "sftp" { "another key" } else { "certificate" };
        assert!(run["status"] == "failed" && run["message"].as_str().unwrap().contains(expected), "{run}");
    }
}

#[tokio::test]
async fn a_folder_of_an_ftp_server_is_polled() {
    folder("ftp", |server| json!({ "password": server.facts["password"] })).await;
}

#[tokio::test]
async fn a_folder_of_an_ftps_server_is_polled() {
    folder("ftps", |server| json!({ "password": server.facts["password"] })).await;
}

#[tokio::test]
async fn a_folder_of_openssh_is_polled_with_a_key() {
    // `make test` reports it if OpenSSH is missing.
    if std::env::var_os("PM_NO_OPENSSH").is_some() {
        return;
    }
    folder("openssh", |server| json!({ "private_key": server.facts["private_key"] })).await;
}

#[tokio::test]
async fn a_folder_of_an_sftp_server_is_polled_with_a_password() {
    folder("sftp", |server| json!({ "password": server.facts["password"] })).await;
}

#[tokio::test]
async fn a_folder_of_an_sftp_server_is_polled_with_a_key() {
    folder("sftp", |server| json!({ "private_key": server.facts["private_key"] })).await;
}
