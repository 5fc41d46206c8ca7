//! Organisations: members, roles, API keys, limits, settings, the audit trail.

use client::{Client, Login};
use e2e::{Mail, PASSWORD, Stack, Tenant, address, refusal};
use serde_json::{Value, json};

/// Invites a new person with this role; returns the person's client, logged in.
pub(crate) async fn member(owner: &mut Tenant, role: &str) -> (Client, String) {
    let email = address();
    owner.post("/v1/invitations", json!({ "email": email, "role": role })).await;
    let mail = Stack::get().mail(&email, 1).await;
    let joined = accept(&mail, json!({ "password": PASSWORD })).await;
    let mut client = Client::new(Stack::get().api(), None).unwrap();
    client.login(&email, PASSWORD).await.unwrap();
    (client, joined["user_id"].as_str().unwrap().to_owned())
}

async fn accept(mail: &Mail, mut body: Value) -> Value {
    body["token"] = json!(mail.token());
    let request = reqwest::Client::new().post(format!("{}/v1/invitations/accept", Stack::get().api())).json(&body);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn members_are_invited_change_roles_and_leave() {
    let mut owner = Tenant::new("Maison Müller").await;
    let invitee = address();
    let invitation = json!({ "email": invitee, "role": "manager", "locale": "fr", "message": "À bientôt <b>!</b>" });
    owner.post("/v1/invitations", invitation.clone()).await;
    assert_eq!(owner.refused("POST", "/v1/invitations", invitation).await, (409, "already_invited".into()));
    let mail = Stack::get().mail(&invitee, 1).await;
    assert!(mail.subject.contains("vous invite dans Maison Müller"), "{}", mail.subject);
    assert!(mail.html.contains("À bientôt &lt;b&gt;"), "{}", mail.html);
    assert_eq!(accept(&mail, json!({})).await["errors"][0]["field"], "password");
    let joined = accept(&mail, json!({ "password": PASSWORD, "name": "Paul" })).await;
    assert_eq!(joined["account_created"], true);
    assert_eq!(accept(&mail, json!({ "password": PASSWORD })).await["code"], "link_invalid");
    let paul = joined["user_id"].as_str().unwrap();
    let mut manager = Client::new(Stack::get().api(), None).unwrap();
    manager.login(&invitee, PASSWORD).await.unwrap();
    let path = format!("/v1/members/{paul}");

    // A change of role takes effect with the next request.
    assert_eq!(refusal(manager.call("GET", "/v1/members", None).await).0, 403);
    owner.client.call("PATCH", &path, Some(&json!({ "role": "admin" }))).await.unwrap();
    let members = manager.call("GET", "/v1/members", None).await.unwrap();
    assert_eq!(members["data"].as_array().unwrap().len(), 2, "{members}");
    // Nobody can grant permissions that they do not hold, nor change somebody who holds more.
    let up = json!({ "role": "super_admin" });
    assert_eq!(refusal(manager.call("PATCH", &path, Some(&up)).await), (403, "permission_not_held".into()));
    let owners = format!("/v1/members/{}", owner.user);
    assert_eq!(refusal(manager.call("DELETE", &owners, None).await), (403, "permission_not_held".into()));

    // The last Super Admin cannot be removed.
    assert_eq!(owner.refused("POST", "/v1/organisation/leave", json!({})).await, (409, "last_super_admin".into()));
    let down = owner.refused("PATCH", &owners, json!({ "role": "viewer" })).await;
    assert_eq!(down, (409, "last_super_admin".into()));
    let hand_over = json!({ "user_id": paul, "current_password": PASSWORD });
    owner.post("/v1/organisation/transfer", hand_over.clone()).await;
    assert_eq!(owner.refused("POST", "/v1/organisation/transfer", hand_over).await.1, "super_admin_needed");
    owner.post("/v1/organisation/leave", json!({})).await;
    assert_eq!(owner.refused("GET", "/v1/me", Value::Null).await.0, 401, "a person who left is out at once");
    assert_eq!(refusal(owner.client.login(&owner.email, PASSWORD).await), (403, "no_organisation".into()));
    assert_eq!(refusal(manager.call("POST", "/v1/organisation/leave", None).await).1, "last_super_admin");
}

#[tokio::test]
async fn one_address_belongs_to_several_organisations() {
    let (mut first, mut second) = (Tenant::new("First").await, Tenant::new("Second").await);
    first.post("/v1/invitations", json!({ "email": second.email, "role": "viewer" })).await;
    let mail = Stack::get().mail(&second.email, 2).await;
    let joined = accept(&mail, json!({})).await;
    assert_eq!((&joined["account_created"], &joined["organisation_id"]), (&json!(false), &json!(first.id)));
    let organisations = second.get("/v1/me/organisations").await["data"].clone();
    let names: Vec<&str> = organisations.as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["Second", "First"]);

    let before = second.client.call("GET", "/v1/me", None).await.unwrap();
    assert_eq!(before["organisation_id"], json!(second.id));
    let tokens = second.post("/v1/auth/switch", json!({ "organisation_id": first.id })).await;
    assert_eq!(second.refused("GET", "/v1/me", Value::Null).await.0, 401, "the old session has ended");
    let session = client::Session {
        url: Stack::get().api().to_owned(),
        access_token: tokens["access_token"].as_str().unwrap().to_owned(),
        refresh_token: tokens["refresh_token"].as_str().unwrap().to_owned(),
    };
    let mut switched = Client::new(Stack::get().api(), Some(session)).unwrap();
    assert_eq!(switched.call("GET", "/v1/me", None).await.unwrap()["organisation_id"], json!(first.id));
    assert_eq!(refusal(switched.call("GET", "/v1/members", None).await).0, 403, "a viewer there");
    let nowhere = json!({ "organisation_id": uuid::Uuid::now_v7() });
    assert_eq!(refusal(switched.call("POST", "/v1/auth/switch", Some(&nowhere)).await).0, 404);

    // Removed from that organisation, the person is still a member of this one.
    let path = format!("/v1/members/{}", second.user);
    first.client.call("DELETE", &path, None).await.unwrap();
    assert_eq!(refusal(switched.call("GET", "/v1/me", None).await).0, 401);
    let login =
        Login { email: &second.email, password: PASSWORD, organisation_id: Some(&first.id), ..Login::default() };
    assert_eq!(refusal(second.client.login_with(&login).await).0, 401);
    second.client.login(&second.email, PASSWORD).await.unwrap();
    let made = second.post("/v1/me/organisations", json!({ "name": "Third" })).await;
    second.post("/v1/auth/switch", json!({ "organisation_id": made["organisation_id"] })).await;
}

#[tokio::test]
async fn an_organisation_creates_its_own_roles() {
    let mut owner = Tenant::new("Roles").await;
    let role = json!({ "name": "Reader of suppliers", "permissions": ["read:suppliers"] });
    let id = owner.post("/v1/roles", role.clone()).await["id"].as_str().unwrap().to_owned();
    assert_eq!(owner.refused("POST", "/v1/roles", role).await, (409, "name_taken".into()));
    let unknown = json!({ "name": "X", "permissions": ["fly:planes"] });
    assert_eq!(owner.refused("POST", "/v1/roles", unknown).await.0, 422);
    let (mut client, user) = member(&mut owner, &id).await;
    client.suppliers().await.unwrap();
    assert_eq!(refusal(client.products(&[]).await), (403, "permission_denied".into()));
    let path = format!("/v1/roles/{id}");
    let wider = json!({ "name": "Reader", "permissions": ["read:suppliers", "read:products"] });
    owner.client.call("PUT", &path, Some(&wider)).await.unwrap();
    client.products(&[]).await.expect("acts on the next request");
    assert_eq!(owner.refused("DELETE", &path, Value::Null).await, (409, "role_in_use".into()));
    let roles = owner.get("/v1/roles").await["data"].clone();
    assert_eq!((&roles[5]["name"], &roles[5]["members"]), (&json!("Reader"), &json!(1)), "{roles}");
    assert_eq!(owner.get("/v1/permissions").await["data"].as_array().unwrap().len(), 62);
    owner.client.call("DELETE", &format!("/v1/members/{user}"), None).await.unwrap();
    owner.client.call("DELETE", &path, None).await.unwrap();
}

#[tokio::test]
async fn an_api_key_has_only_its_permissions() {
    let mut owner = Tenant::new("Keys").await;
    let new = json!({ "name": "Shop", "permissions": ["read:products", "write:imports"] });
    let made = owner.post("/v1/api-keys", new).await;
    let (key, id) = (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned());
    assert!(key.starts_with("pm_test_") && key.len() == 72, "{key}");
    let ask = async |method: &str, path: &str, key: &str| {
        let request = reqwest::Client::new().request(method.parse().unwrap(), format!("{}{path}", Stack::get().api()));
        let answer =
            request.bearer_auth(key).json(&json!({ "file_name": "a.csv", "size_bytes": 10 })).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap_or_default())
    };
    assert_eq!(ask("GET", "/v1/products", &key).await.0, 200);
    assert_eq!(ask("GET", "/v1/suppliers", &key).await.1["code"], "permission_denied");
    assert_eq!(ask("GET", "/v1/me", &key).await.1["code"], "person_needed");
    assert_eq!(ask("POST", "/v1/imports", &key).await.0, 201);
    let listed = owner.get("/v1/api-keys").await["data"][0].clone();
    assert!(listed["last_used_at"].is_string() && listed.get("key").is_none(), "{listed}");
    let audit = owner.get("/v1/audit-log?action=import.created").await["data"][0].clone();
    assert_eq!((&audit["actor_kind"], &audit["actor_name"]), (&json!("key"), &json!("Shop")), "{audit}");

    let elsewhere = json!({ "name": "Far", "permissions": ["read:products"], "allowed_addresses": ["192.0.2.0/24"] });
    let far = owner.post("/v1/api-keys", elsewhere).await["key"].as_str().unwrap().to_owned();
    assert_eq!(ask("GET", "/v1/products", &far).await.1["code"], "address_not_allowed");
    owner.client.call("DELETE", &format!("/v1/api-keys/{id}"), None).await.unwrap();
    assert_eq!(ask("GET", "/v1/products", &key).await.0, 401, "revoked at once");

    // A key has no more permissions than its creator, and expires.
    let (mut admin, _) = member(&mut owner, "admin").await;
    let more = json!({ "name": "X", "permissions": ["admin:amazon_api_global"] });
    assert_eq!(refusal(admin.call("POST", "/v1/api-keys", Some(&more)).await), (403, "permission_not_held".into()));
    let past = json!({ "name": "X", "permissions": ["read:products"], "expires_at": "2020-01-01T00:00:00Z" });
    assert_eq!(owner.refused("POST", "/v1/api-keys", past).await.0, 422);
    let tomorrow = time::OffsetDateTime::now_utc() + time::Duration::days(1);
    let tomorrow = tomorrow.format(&time::format_description::well_known::Rfc3339).unwrap();
    let brief = json!({ "name": "Brief", "permissions": ["read:products"], "expires_at": tomorrow });
    let brief = owner.post("/v1/api-keys", brief).await;
    let key = brief["key"].as_str().unwrap();
    assert_eq!(ask("GET", "/v1/products", key).await.0, 200);
    let over = format!("update api_keys set expires_at = now() where key_id = '{}'", brief["id"].as_str().unwrap());
    Stack::get().sql("db_core", &owner.id, &over).await;
    assert_eq!(ask("GET", "/v1/products", key).await.0, 401);
}

/// The answer to a request: status, `RateLimit`, `RateLimit-Policy`, `Retry-After`.
type Limited = (u16, Option<String>, Option<String>, Option<String>);

/// Creates imports without a file, all at once: each is answered with 422, or with 429 by the limit for bulk
/// operations.
async fn ask_at_once(token: &str, requests: usize) -> Vec<Limited> {
    let http = reqwest::Client::new();
    let asks = (0..requests).map(|_| async {
        let request = http.post(format!("{}/v1/imports", Stack::get().api())).bearer_auth(token).json(&json!({}));
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), header("ratelimit"), header("ratelimit-policy"), header("retry-after"))
    });
    futures::future::join_all(asks).await
}

#[tokio::test]
async fn limits_hold_under_concurrent_requests() {
    const AT_ONCE: usize = 24;
    // This test does not measure how fast processes start: they start here, a few at a time.
    let mut warming = Tenant::limited("Warming").await;
    let token = warming.client.login(&warming.email, PASSWORD).await.unwrap().access_token;
    for requests in [AT_ONCE / 3, AT_ONCE * 2 / 3, AT_ONCE] {
        ask_at_once(&token, requests).await;
    }

    let minute = || time::OffsetDateTime::now_utc().unix_timestamp() / 60;
    let mut rounds = 0;
    let (mut tenant, token, admitted, refused) = loop {
        rounds += 1;
        let mut tenant = Tenant::limited("Limits").await;
        let token = tenant.client.login(&tenant.email, PASSWORD).await.unwrap().access_token;
        let began = minute();
        let answers = ask_at_once(&token, AT_ONCE).await;
        let minutes = usize::try_from(minute() - began).unwrap() + 1;
        let (admitted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.0 == 422);
        assert!(refused.iter().all(|answer| answer.0 == 429 && answer.3.is_some()), "{refused:?}");
        assert!((10..=10 * minutes).contains(&admitted.len()), "{} in {minutes} minutes", admitted.len());
        // A round that crosses the end of a minute proves less: repeat it, unless the machine is too slow for a round
        // in a minute.
        if minutes == 1 || rounds == 4 {
            break (tenant, token, admitted, refused);
        }
    };
    assert_eq!(admitted[0].2.as_deref(), Some("\"bulk\";q=10;w=60, \"hour\";q=1000;w=3600"));
    assert!(refused.iter().all(|answer| answer.1.as_ref().unwrap().starts_with("\"bulk\";r=0;t=")), "{refused:?}");

    // Other requests have a separate limit; an operator raises it for one organisation.
    tenant.get("/v1/me").await;
    let order = json!({ "organisation_id": tenant.id, "plan": "standard", "bulk_per_minute": 1_000 });
    Stack::get().invoke("identity.set_limits", order).await;
    assert_eq!(ask_at_once(&token, 1).await[0].0, 422, "acts on the next request");
    assert_eq!(tenant.get("/v1/organisation").await["limits"]["bulk_per_minute"], 1_000);
}

#[tokio::test]
async fn settings_are_checked_stored_and_reverted() {
    let mut tenant = Tenant::new("Settings").await;
    let path = "/v1/settings/imports.default_currency";
    let mut set = async |value: Value| tenant.client.call("PUT", path, Some(&json!({ "value": value }))).await;
    assert_eq!(set(json!("CHF")).await.unwrap()["value"], "CHF");
    assert_eq!(set(json!("USD")).await.unwrap()["value"], "USD");
    for wrong in [json!("francs"), json!(5), json!(null)] {
        assert_eq!(refusal(set(wrong.clone()).await).0, 422, "{wrong}");
    }
    let import = tenant.import(b"sku,title,price\nA,One,5\n").await;
    assert_eq!(import.status, "completed");
    assert_eq!(tenant.get("/v1/products").await["data"][0]["currency"], "USD", "the setting is used");
    let history = tenant.get(&format!("{path}/history")).await["data"].clone();
    let changes: Vec<(&Value, &Value)> =
        history.as_array().unwrap().iter().map(|change| (&change["old"], &change["new"])).collect();
    assert_eq!(changes, [(&json!("CHF"), &json!("USD")), (&json!(null), &json!("CHF"))]);
    assert_eq!(history[0]["actor_name"], json!(tenant.email));
    let reverted = tenant.post(&format!("{path}/revert"), json!({ "change_id": history[0]["id"] })).await;
    assert_eq!(reverted["value"], "CHF");
    let default = tenant.client.call("DELETE", path, None).await.unwrap();
    assert_eq!((&default["value"], &default["is_set"]), (&json!("EUR"), &json!(false)));
    let listed = tenant.get("/v1/settings").await["data"].clone();
    let currency = listed.as_array().unwrap().iter().find(|one| one["key"] == "imports.default_currency").unwrap();
    assert_eq!(currency["value"], "EUR", "a warm function reads no old value");
    assert_eq!(tenant.refused("PUT", "/v1/settings/general.colour", json!({ "value": 1 })).await.0, 404);
}

#[tokio::test]
async fn every_change_is_recorded_in_an_immutable_audit_trail() {
    let mut owner = Tenant::new("Audit").await;
    let (mut admin, user) = member(&mut owner, "admin").await;
    let path = format!("/v1/members/{user}");
    owner.client.call("PATCH", &path, Some(&json!({ "role": "manager" }))).await.unwrap();
    assert_eq!(refusal(admin.call("GET", "/v1/audit-log", None).await).0, 403);
    let import = owner.import(b"sku,title\nA,=cmd()\n").await;
    let lines = owner.get("/v1/audit-log?limit=200").await["data"].clone();
    let actions: Vec<&str> = lines.as_array().unwrap().iter().filter_map(|line| line["action"].as_str()).collect();
    for action in [
        "organisation.signed_up",
        "organisation.limits_set",
        "session.begun",
        "member.invited",
        "member.joined",
        "member.role_changed",
        "import.created",
        "import.finished",
    ] {
        assert!(actions.contains(&action), "{action} is missing in {actions:?}");
    }
    let times: Vec<&str> = lines.as_array().unwrap().iter().filter_map(|line| line["id"].as_str()).collect();
    assert!(times.is_sorted_by(|one, next| one > next), "the newest first, of all databases");
    let line = owner.get("/v1/audit-log?action=member.role_changed").await["data"][0].clone();
    assert_eq!(
        (&line["before"], &line["after"], &line["target_id"], &line["actor_name"]),
        (&json!({ "role": "admin" }), &json!({ "role": "manager" }), &json!(user), &json!(owner.email))
    );
    assert!(line["address"].is_string() && line["request_id"].is_string(), "{line}");
    let of_import = owner.get(&format!("/v1/audit-log?target_id={}", import.id)).await["data"].clone();
    assert_eq!(of_import.as_array().unwrap().len(), 2, "{of_import}");
    assert!(!lines.to_string().contains(PASSWORD) && !lines.to_string().contains("argon2"));
    // In pages the result is the same.
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("/v1/audit-log?limit=3{cursor}")).await;
        paged.extend(page["data"].as_array().unwrap().iter().map(|line| line["id"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged.len(), times.len());

    let file = owner.post("/v1/audit-log/exports?action=member", json!({})).await;
    assert_eq!(file["lines"], 3, "{file}");
    let csv = reqwest::get(file["download_url"].as_str().unwrap()).await.unwrap().text().await.unwrap();
    assert!(csv.starts_with("at,actor_kind,actor,action,") && csv.contains("member.role_changed"), "{csv}");

    let nothing = owner.get("/v1/audit-log?from=2000-01-01T00:00:00Z&until=2000-01-02T00:00:00Z").await;
    assert_eq!(nothing["data"], json!([]));
}
