//! Accounts: sign-up, login, sessions, passwords, addresses, second factors.

use client::{Client, Login};
use e2e::{PASSWORD, Stack, Tenant, address, eventually, refusal};
use serde_json::{Value, json};

const OTHER_PASSWORD: &str = "quite another password";

fn stranger() -> Client {
    Client::new(Stack::get().api(), None).unwrap()
}

/// An answer to a request without a session.
async fn anonymous(path: &str, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", Stack::get().api())).json(&body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn an_account_works_once_its_address_is_confirmed() {
    let email = address();
    let sign_up = json!({ "organisation": "Atelier", "email": email, "password": PASSWORD, "locale": "fr" });
    let (status, new) = anonymous("/v1/organisations", sign_up.clone()).await;
    assert_eq!(status, 202);
    let mail = Stack::get().mail(&email, 1).await;
    assert_eq!(mail.subject, "Confirmez votre adresse e-mail");
    assert!(mail.html.contains("<a href=\"https:") && mail.html.contains(&mail.token()), "{}", mail.html);

    assert_eq!(refusal(stranger().login(&email, PASSWORD).await), (403, "email_not_verified".into()));
    assert_eq!(refusal(stranger().login(&email, "wrong password!").await), (401, "credentials_invalid".into()));
    // A second request: only the newer link is valid.
    assert_eq!(anonymous("/v1/auth/resend-verification", json!({ "email": email })).await.0, 202);
    let newer = Stack::get().mail(&email, 2).await;
    assert_eq!(refusal(stranger().verify_email(&mail.token(), PASSWORD).await), (401, "link_invalid".into()));
    // Somebody who signs up with another person's address does not get the account when the owner clicks the link.
    let other = stranger().verify_email(&newer.token(), OTHER_PASSWORD).await;
    assert_eq!(refusal(other), (401, "credentials_invalid".into()));
    stranger().verify_email(&newer.token(), PASSWORD).await.unwrap();
    assert_eq!(refusal(stranger().verify_email(&newer.token(), PASSWORD).await).0, 401, "a link is good once");
    stranger().login(&email.to_uppercase(), PASSWORD).await.expect("the case of an address does not matter");

    // A known address gets the same answer; a mail informs its owner.
    assert_eq!(anonymous("/v1/organisations", sign_up).await, (202, new));
    assert_eq!(Stack::get().mail(&email, 3).await.subject, "Vous avez déjà un compte");
    assert_eq!(anonymous("/v1/auth/resend-verification", json!({ "email": email })).await.0, 202);
    assert_eq!(anonymous("/v1/auth/resend-verification", json!({ "email": address() })).await.0, 202);
}

#[tokio::test]
async fn a_login_reveals_no_addresses_and_slows_guessing_down() {
    let mut tenant = Tenant::new("Login").await;
    let wrong = anonymous("/v1/auth/login", json!({ "email": tenant.email, "password": "a wrong one" })).await;
    let unknown = anonymous("/v1/auth/login", json!({ "email": address(), "password": "a wrong one" })).await;
    assert_eq!((wrong.0, &wrong.1["code"]), (401, &json!("credentials_invalid")));
    assert_eq!((wrong.0, &wrong.1["detail"]), (unknown.0, &unknown.1["detail"]));
    for strange in ["", "@", "\u{0}", "x' or 1=1", &"a".repeat(5_000)] {
        let (status, _) = anonymous("/v1/auth/login", json!({ "email": strange, "password": "p" })).await;
        assert!([401, 422].contains(&status), "{strange:?}: {status}");
    }
    // Guessing is slow: the waits grow to a minute, so that at some point the next attempt comes too early.
    eventually("a guess that has to wait", async || {
        let guess = json!({ "email": tenant.email, "password": "a wrong one" });
        let (status, problem) = anonymous("/v1/auth/login", guess).await;
        assert!(status == 401 || problem["code"] == "too_many_attempts", "{problem}");
        (status == 429).then_some(())
    })
    .await;
    // The account is not locked: the wait ends.
    eventually("the owner's login", async || tenant.client.login(&tenant.email, PASSWORD).await.ok()).await;
}

#[tokio::test]
async fn a_refresh_token_is_valid_once_and_its_reuse_ends_the_session() {
    let mut tenant = Tenant::new("Refresh").await;
    let first = tenant.client.login(&tenant.email, PASSWORD).await.unwrap();
    let second = tenant.client.refresh().await.unwrap();
    assert_ne!(first.refresh_token, second.refresh_token);
    tenant.client.products(&[]).await.expect("the new access token works");

    let mut thief = Client::new(Stack::get().api(), Some(first)).unwrap();
    assert_eq!(refusal(thief.refresh().await), (401, "token_invalid".to_owned()));
    assert_eq!(refusal(tenant.client.refresh().await).0, 401, "the whole family is ended");
    assert_eq!(refusal(tenant.client.products(&[]).await).0, 401, "and its access tokens with it, at once");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once_and_ends_every_session() {
    let mut tenant = Tenant::new("Forgotten").await;
    let known = anonymous("/v1/auth/forgot-password", json!({ "email": tenant.email })).await;
    let unknown = anonymous("/v1/auth/forgot-password", json!({ "email": address() })).await;
    assert_eq!(known, unknown);
    let token = Stack::get().mail(&tenant.email, 2).await.token();
    let reset = |password: &str| anonymous("/v1/auth/reset-password", json!({ "token": token, "password": password }));
    let (status, problem) = reset("short").await;
    assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!("password_too_short")));
    assert_eq!(reset(&format!("my {} password", tenant.email)).await.0, 422, "no address in a password");
    assert_eq!(reset(OTHER_PASSWORD).await.0, 204, "a weak password did not use the link up");
    assert_eq!(reset(OTHER_PASSWORD).await.0, 401);
    assert_eq!(tenant.refused("GET", "/v1/me", Value::Null).await.0, 401, "sessions ended");
    assert_eq!(refusal(tenant.client.login(&tenant.email, PASSWORD).await).0, 401);
    tenant.client.login(&tenant.email, OTHER_PASSWORD).await.unwrap();
    assert_eq!(Stack::get().mail(&tenant.email, 3).await.subject, "Your password was changed");

    // Changed with the old password: this session stays.
    let change = json!({ "current_password": "not this one", "new_password": PASSWORD });
    assert_eq!(tenant.refused("POST", "/v1/me/password", change).await, (401, "credentials_invalid".into()));
    let mut elsewhere = stranger();
    elsewhere.login(&tenant.email, OTHER_PASSWORD).await.unwrap();
    tenant.post("/v1/me/password", json!({ "current_password": OTHER_PASSWORD, "new_password": PASSWORD })).await;
    tenant.get("/v1/me").await;
    assert_eq!(refusal(elsewhere.call("GET", "/v1/me", None).await).0, 401);
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_is_confirmed() {
    let mut tenant = Tenant::new("Address").await;
    let (old, new) = (tenant.email.clone(), address());
    let wrong = json!({ "new_email": new, "current_password": "not this one" });
    assert_eq!(tenant.refused("POST", "/v1/me/email", wrong).await.0, 401);
    tenant.post("/v1/me/email", json!({ "new_email": new, "current_password": PASSWORD })).await;
    let token = Stack::get().mail(&new, 1).await.token();
    let notice = Stack::get().mail(&old, 2).await;
    assert!(notice.text.contains(&new) && notice.subject.contains("about to change"), "{notice:?}");
    stranger().login(&old, PASSWORD).await.expect("nothing has changed yet");
    assert_eq!(anonymous("/v1/auth/confirm-email", json!({ "token": token })).await.0, 204);
    assert_eq!(anonymous("/v1/auth/confirm-email", json!({ "token": token })).await.0, 401);
    assert_eq!(refusal(stranger().login(&old, PASSWORD).await).0, 401);
    stranger().login(&new, PASSWORD).await.unwrap();
    assert_eq!(tenant.get("/v1/me").await["email"], new, "the session goes on");

    // A change of the password invalidates a link that somebody requested who knew the old one.
    let third = address();
    tenant.post("/v1/me/email", json!({ "new_email": third, "current_password": PASSWORD })).await;
    let token = Stack::get().mail(&third, 1).await.token();
    tenant.post("/v1/me/password", json!({ "current_password": PASSWORD, "new_password": OTHER_PASSWORD })).await;
    assert_eq!(anonymous("/v1/auth/confirm-email", json!({ "token": token })).await.0, 401);
    tenant.post("/v1/me/password", json!({ "current_password": OTHER_PASSWORD, "new_password": PASSWORD })).await;

    // The address of another account: only the person who confirms it learns that.
    let other = Tenant::new("Other").await;
    tenant.post("/v1/me/email", json!({ "new_email": other.email, "current_password": PASSWORD })).await;
    let token = Stack::get().mail(&other.email, 2).await.token();
    assert_eq!(anonymous("/v1/auth/confirm-email", json!({ "token": token })).await.1["code"], "email_taken");
}

#[tokio::test]
async fn a_profile_and_its_sessions_belong_to_the_person() {
    let mut tenant = Tenant::new("Profile").await;
    let change = json!({ "name": "Marie Curie", "locale": "fr", "time_zone": "America/Montreal" });
    let me = tenant.client.call("PATCH", "/v1/me", Some(&change)).await.unwrap();
    assert_eq!(
        (&me["name"], &me["locale"], &me["time_zone"]),
        (&json!("Marie Curie"), &json!("fr"), &json!("America/Montreal"))
    );
    for wrong in
        [json!({ "time_zone": "Paris" }), json!({ "locale": "de" }), json!({ "name": "" }), json!({ "nmae": "x" })]
    {
        assert_eq!(tenant.refused("PATCH", "/v1/me", wrong.clone()).await.0, 422, "{wrong}");
    }
    let mut phone = stranger();
    phone
        .login_with(&Login { email: &tenant.email, password: PASSWORD, remember_me: true, ..Login::default() })
        .await
        .unwrap();
    let sessions = tenant.get("/v1/me/sessions").await["data"].clone();
    assert_eq!(sessions.as_array().unwrap().len(), 2, "{sessions}");
    let other = sessions.as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    assert_eq!(other["remembered"], true);
    assert!(other["device"].as_str().unwrap().starts_with("pm/"), "{other}");
    let path = format!("/v1/me/sessions/{}", other["id"].as_str().unwrap());
    tenant.client.call("DELETE", &path, None).await.unwrap();
    assert_eq!(refusal(phone.call("GET", "/v1/me", None).await).0, 401, "ended from afar, at once");
    assert_eq!(tenant.refused("DELETE", &path, Value::Null).await.0, 404);

    phone.login(&tenant.email, PASSWORD).await.unwrap();
    tenant.client.call("DELETE", "/v1/me/sessions", None).await.unwrap();
    assert_eq!(refusal(phone.call("GET", "/v1/me", None).await).0, 401);
    tenant.post("/v1/auth/logout", json!({})).await;
    assert_eq!(tenant.refused("GET", "/v1/me", Value::Null).await.0, 401);
    assert_eq!(refusal(tenant.client.refresh().await).0, 401);
}

fn code(secret: &str, steps_from_now: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let now = time::OffsetDateTime::now_utc().unix_timestamp() + 30 * steps_from_now;
    totp.generate(u64::try_from(now).unwrap()).to_string()
}

#[tokio::test]
async fn a_second_factor_is_required_and_no_code_is_valid_twice() {
    let mut tenant = Tenant::new("Two factors").await;
    assert_eq!(tenant.refused("POST", "/v1/me/two-factor", json!({ "current_password": "wrong" })).await.0, 401);
    let enrolment = tenant.post("/v1/me/two-factor", json!({ "current_password": PASSWORD })).await;
    let secret = enrolment["secret"].as_str().unwrap().to_owned();
    assert!(enrolment["otpauth_uri"].as_str().unwrap().contains(&secret));
    assert!(enrolment["qr_svg"].as_str().unwrap().contains("<svg"));
    tenant.client.login(&tenant.email, PASSWORD).await.expect("not on before it is confirmed");
    let wrong = tenant.refused("POST", "/v1/me/two-factor/confirm", json!({ "code": "000000" })).await;
    assert_eq!(wrong, (401, "second_factor_invalid".into()));
    let first = code(&secret, 0);
    let codes = tenant.post("/v1/me/two-factor/confirm", json!({ "code": first })).await["recovery_codes"].clone();
    let codes: Vec<String> = serde_json::from_value(codes).unwrap();
    assert_eq!(codes.len(), 10);

    let login = async |code: Option<&str>| {
        let mut client = stranger();
        client.login_with(&Login { email: &tenant.email, password: PASSWORD, code, ..Login::default() }).await
    };
    assert_eq!(refusal(login(None).await), (401, "second_factor_needed".into()));
    assert_eq!(refusal(login(Some(&first)).await).1, "second_factor_invalid", "the first code was used");
    let now = code(&secret, 1);
    login(Some(&now)).await.unwrap();
    assert_eq!(refusal(login(Some(&now)).await).1, "second_factor_invalid", "a replay");
    login(Some(&codes[0].to_uppercase())).await.unwrap();
    assert_eq!(refusal(login(Some(&codes[0])).await).1, "second_factor_invalid", "a recovery code is good once");

    let both = json!({ "current_password": PASSWORD, "code": codes[1] });
    let renewed = tenant.post("/v1/me/two-factor/recovery-codes", both).await["recovery_codes"].clone();
    let off = |code: Value| json!({ "current_password": PASSWORD, "code": code });
    let old = tenant.refused("POST", "/v1/me/two-factor/disable", off(json!(codes[2]))).await;
    assert_eq!(old.1, "second_factor_invalid", "the old codes are gone");
    tenant.post("/v1/me/two-factor/disable", off(renewed[0].clone())).await;
    stranger().login(&tenant.email, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_organisation_can_require_a_second_factor_for_a_role() {
    let mut tenant = Tenant::new("Strict").await;
    let demand = json!({ "value": ["super_admin"] });
    tenant.client.call("PUT", "/v1/settings/security.two_factor_roles", Some(&demand)).await.unwrap();
    assert_eq!(tenant.refused("GET", "/v1/products", Value::Null).await, (403, "two_factor_required".into()));
    assert_eq!(tenant.get("/v1/me").await["two_factor_required"], true);
    let enrolment = tenant.post("/v1/me/two-factor", json!({ "current_password": PASSWORD })).await;
    let code = code(enrolment["secret"].as_str().unwrap(), 0);
    tenant.post("/v1/me/two-factor/confirm", json!({ "code": code })).await;
    tenant.get("/v1/products").await;
}

#[tokio::test]
async fn malformed_requests_get_precise_answers() {
    let mut tenant = Tenant::new("Bad input").await;
    let session = tenant.client.login(&tenant.email, PASSWORD).await.unwrap();
    let api = Stack::get().api();
    let http = reqwest::Client::new();
    let send = async |method: &str, path: &str, token: &str, body: String| {
        let request = http.request(method.parse().unwrap(), format!("{api}{path}")).bearer_auth(token);
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        let (status, problem): (u16, Value) = (answer.status().as_u16(), answer.json().await.unwrap_or_default());
        (status, problem["code"].as_str().unwrap_or_default().to_owned(), problem)
    };
    let token = session.access_token.as_str();
    assert_eq!(send("PATCH", "/v1/me", token, "{".into()).await.1, "json_invalid");
    assert_eq!(send("PATCH", "/v1/me", token, "[]".into()).await.0, 422);
    assert_eq!(
        send("PATCH", "/v1/me", token, format!("{{\"name\": \"{}\"}}", "x".repeat(1_000_001))).await.1,
        "body_too_large"
    );
    let (status, _, problem) = send("PATCH", "/v1/me", token, "{\"nmae\": \"x\"}".into()).await;
    assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!("unknown_field")));
    let (status, _, problem) = send("PATCH", "/v1/me", token, "{\"name\": 5}".into()).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("name")));
    let (status, _, problem) = send("GET", "/v1/members?limt=5", token, String::new()).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("limt")));
    assert_eq!(send("GET", "/v1/members?cursor=%F0%9F%92%A5", token, String::new()).await.1, "cursor_invalid");
    assert_eq!(send("GET", "/v1/members?limit=201", token, String::new()).await.0, 422);
    // Look-alike letters, invisible ones, line breaks.
    for email in ["m\u{430}rie@shop.example", "marie\u{200b}@shop.example", "marie@shop.example\nBcc: a@b.c", "marie"] {
        let body = json!({ "email": email, "role": "viewer" }).to_string();
        let (status, _, problem) = send("POST", "/v1/invitations", token, body).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("email")), "{email:?}");
    }

    // Invalid tokens: no algorithm, another algorithm with the public key as secret, the claims of another token.
    let parts: Vec<&str> = token.split('.').collect();
    let encode = |json: Value| base64(json.to_string().as_bytes());
    let header: Value = serde_json::from_slice(&unbase64(parts[0])).unwrap();
    let claims: Value = serde_json::from_slice(&unbase64(parts[1])).unwrap();
    let none = format!("{}.{}.", encode(json!({ "alg": "none", "typ": "JWT", "kid": header["kid"] })), parts[1]);
    let hmac =
        format!("{}.{}.{}", encode(json!({ "alg": "HS256", "typ": "JWT", "kid": header["kid"] })), parts[1], parts[2]);
    let mut other = claims.clone();
    other["tenant_id"] = json!(uuid::Uuid::now_v7());
    let forged = format!("{}.{}.{}", parts[0], encode(other), parts[2]);
    let key = format!("{}.{}.{}", encode(json!({ "alg": "EdDSA", "kid": uuid::Uuid::now_v7() })), parts[1], parts[2]);
    for wrong in [none, hmac, forged, key, format!("{token}x"), "pm_live_nothing".to_owned(), "a.b.c".to_owned()] {
        let (status, code, _) = send("GET", "/v1/me", &wrong, String::new()).await;
        assert_eq!((status, code.as_str()), (401, "token_invalid"), "{wrong}");
    }
    assert_eq!(send("GET", "/v1/me", token, String::new()).await.0, 200);

    let keys = http.get(format!("{api}/v1/.well-known/jwks.json")).send().await.unwrap().json::<Value>().await.unwrap();
    assert!(
        keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == header["kid"] && key["crv"] == "Ed25519"),
        "{keys}"
    );
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}
