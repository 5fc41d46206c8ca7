//! Tokens and sessions, with the database roles that functions have.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use access::{AUDIENCE, Claims, admit};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use db_core::{
    AnySetting, CoreDb, IDLE, MIGRATOR, MemberRole, NewOrganisation, NewSession, SigningKey, TWO_FACTOR_ROLES,
};
use db_tenancy::{Database, Stamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use runtime::{App, Caller, Cx, Env, Permission, Rate, Role, TenantId};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = time::macros::datetime!(2026-11-21 12:00 UTC);
const EMAIL: &str = "marie@shop.example";

async fn as_role(options: &PgConnectOptions, role: &str) -> PgPool {
    PgPool::connect_with(options.clone().options([("role", role)])).await.unwrap()
}

/// An organisation with its owner, a session, and a key that signs.
struct House {
    identity: CoreDb,
    app: Arc<App>,
    tenant: TenantId,
    user: Uuid,
    session: Uuid,
    key: (Uuid, EncodingKey),
}

fn stamp() -> Stamp {
    Stamp::of_job(&App::new(Env::default()).cx("a-test"), "a test")
}

fn new_key() -> (SigningKey, EncodingKey) {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
    let key = SigningKey { id: Uuid::now_v7(), public: pair.public_key().as_ref().to_vec() };
    (key, EncodingKey::from_ed_der(private.as_ref()))
}

impl House {
    async fn new(options: &PgConnectOptions, remembered: bool) -> Self {
        let identity = CoreDb::over(as_role(options, "pm_identity").await);
        let app = App::new(Env::from([("STAGE", "test")]));
        // Every domain checks callers, with its own database role.
        app.provide(CoreDb::over(as_role(options, "pm_catalog").await));
        let (tenant, user, session) = (TenantId(Uuid::now_v7()), Uuid::now_v7(), Uuid::now_v7());
        let new = NewOrganisation { tenant, name: "House", user, email: EMAIL, password_hash: "hash", locale: "en" };
        identity.sign_up(&new, &stamp()).await.unwrap();
        let session_of = NewSession {
            tenant,
            session,
            user,
            token_hash: [1; 32],
            remembered,
            user_agent: None,
            address: None,
            expires_at: NOW + if remembered { Duration::days(30) } else { Duration::days(7) },
        };
        let mut login = stamp();
        login.at = NOW;
        assert!(identity.begin_session(&session_of, "hash", &login).await.unwrap());
        assert!(!identity.begin_session(&session_of, "an older hash", &login).await.unwrap());
        let (public, private) = new_key();
        identity.add_signing_key(&public, b"encrypted", None, NOW, NOW).await.unwrap();
        Self { identity, app, tenant, user, session, key: (public.id, private) }
    }

    fn cx(&self, at: OffsetDateTime) -> Cx {
        let mut cx = self.app.cx("a-request");
        cx.now = at;
        cx
    }

    fn claims(&self, issued: OffsetDateTime) -> Value {
        serde_json::to_value(Claims {
            iss: "products-manager/test".to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: self.user,
            tenant_id: self.tenant,
            session_id: self.session,
            iat: issued.unix_timestamp(),
            exp: issued.unix_timestamp() + 7_200,
        })
        .unwrap()
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.key.0.to_string()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &self.key.1).unwrap()
    }

    async fn ask(&self, token: String, at: OffsetDateTime) -> Result<Caller, String> {
        let admitted = admit(self.cx(at), token, Rate::Standard).await;
        admitted.map(|admitted| admitted.caller).map_err(|error| error.code().to_owned())
    }

    /// Returns the caller behind a new token of the session at this moment.
    async fn at(&self, at: OffsetDateTime) -> Result<Caller, String> {
        self.ask(self.sign(&self.claims(at)), at).await
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn only_a_token_of_this_stage_and_audience_is_accepted(_: PgPoolOptions, options: PgConnectOptions) {
    let house = House::new(&options, false).await;
    let caller = house.at(NOW).await.unwrap();
    assert_eq!((caller.tenant, caller.permissions), (house.tenant, Role::SuperAdmin.permissions()));
    assert_eq!(caller.person().unwrap().email, EMAIL);

    let expired = house.claims(NOW - Duration::hours(2));
    assert_eq!(house.ask(house.sign(&expired), NOW).await.unwrap_err(), "token_expired");
    for (claim, value) in [
        ("iss", json!("products-manager/production")),
        ("aud", json!("another-api")),
        ("aud", Value::Null),
        ("iss", Value::Null),
        ("tenant_id", json!(Uuid::now_v7())),
        ("session_id", json!(Uuid::now_v7())),
        ("sub", json!(Uuid::now_v7())),
        ("exp", json!("soon")),
    ] {
        let mut claims = house.claims(NOW);
        claims[claim] = value.clone();
        assert_eq!(house.ask(house.sign(&claims), NOW).await.unwrap_err(), "token_invalid", "{claim} = {value}");
    }
    let mut without = house.claims(NOW);
    without.as_object_mut().unwrap().remove("aud");
    assert_eq!(house.ask(house.sign(&without), NOW).await.unwrap_err(), "token_invalid");

    // Another key with the id of the known one, and an id without a key.
    let (_, other) = new_key();
    for kid in [house.key.0, Uuid::now_v7()] {
        let header = Header { kid: Some(kid.to_string()), ..Header::new(Algorithm::EdDSA) };
        let token = encode(&header, &house.claims(NOW), &other).unwrap();
        assert_eq!(house.ask(token, NOW).await.unwrap_err(), "token_invalid");
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_session_ends_by_inactivity_and_by_age(_: PgPoolOptions, options: PgConnectOptions) {
    let house = House::new(&options, false).await;
    house.at(NOW + IDLE).await.unwrap();
    house.at(NOW + IDLE * 2).await.expect("the request before kept it alive");
    assert_eq!(house.at(NOW + IDLE * 3 + Duration::seconds(1)).await.unwrap_err(), "token_invalid");
    assert_eq!(house.identity.sessions(house.user, NOW + IDLE * 4).await.unwrap(), []);

    let used = "update sessions set last_used_at = expires_at - interval '1 minute'";
    let mut owner = sqlx::PgConnection::connect_with(&options).await.unwrap();
    let tenant = format!("set app.tenant_id = '{}'", house.tenant);
    owner.execute(sqlx::AssertSqlSafe(tenant)).await.unwrap();
    owner.execute(used).await.unwrap();
    house.at(NOW + Duration::days(7) - Duration::seconds(1)).await.unwrap();
    assert_eq!(house.at(NOW + Duration::days(7)).await.unwrap_err(), "token_invalid", "7 days, even with activity");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_remembered_session_may_be_idle_for_its_30_days(_: PgPoolOptions, options: PgConnectOptions) {
    let house = House::new(&options, true).await;
    house.at(NOW + Duration::days(29)).await.unwrap();
    assert_eq!(house.at(NOW + Duration::days(30)).await.unwrap_err(), "token_invalid");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_key_is_replaced_without_logging_anybody_out(_: PgPoolOptions, options: PgConnectOptions) {
    let mut house = House::new(&options, true).await;
    let old = house.sign(&house.claims(NOW));
    let (public, private) = new_key();
    let (retire, newest) = (NOW + Duration::hours(3), Some(house.key.0));
    assert!(house.identity.add_signing_key(&public, b"encrypted", newest, NOW, retire).await.unwrap());
    let (late, _) = new_key();
    assert!(!house.identity.add_signing_key(&late, b"encrypted", newest, NOW, retire).await.unwrap(), "one of two");
    house.ask(old, NOW + Duration::hours(1)).await.expect("a token of the old key");
    house.key = (public.id, private);
    house.at(NOW + Duration::hours(1)).await.expect("a token of the new key");
    assert_eq!(house.identity.signing_keys(retire).await.unwrap().len(), 1, "the old key is gone when its tokens are");
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_new_role_and_a_required_second_factor_take_effect_on_the_next_request(
    _: PgPoolOptions,
    options: PgConnectOptions,
) {
    let house = House::new(&options, false).await;
    let (tenant, stamp) = (house.tenant, stamp());
    let required = json!(["super_admin"]);
    let settings = CoreDb::over(as_role(&options, "pm_settings").await);
    settings.set_setting(tenant, TWO_FACTOR_ROLES.key(), Some(&required), &stamp).await.unwrap();
    let caller = house.at(NOW).await.unwrap();
    assert_eq!(caller.settings_version, 1);
    assert_eq!(caller.check(Permission::ProductsRead).unwrap_err().code(), "two_factor_required");
    assert_eq!(caller.check(Permission::SignedIn).unwrap_err().code(), "two_factor_required");
    assert!(caller.check(Permission::OwnAccount).is_ok());

    let all = Role::SuperAdmin.permissions();
    let down = house.identity.change_member_role(tenant, house.user, MemberRole::Predefined(Role::User), all, &stamp);
    assert_eq!(down.await.unwrap_err().code(), "last_super_admin");
}
