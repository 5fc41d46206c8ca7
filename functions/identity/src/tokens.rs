//! Access tokens (Ed25519 JWT, two hours) and refresh tokens (random, one use each).

use access::{AUDIENCE, Claims, issuer};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use cloud::Keys;
use db_core::{CoreDb, NewSession, SigningKey, StoredSigningKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use runtime::{Cx, Error, Resource, Result, TenantId};
use serde::Serialize;
use time::Duration;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::secret::Secret;

/// How long an access token is valid, in seconds.
pub(crate) const ACCESS_SECONDS: i64 = 2 * 60 * 60;
/// How long a session lasts, used or not.
const LONGEST: Duration = Duration::days(7);
/// How long a session with `remember_me` lasts.
const LONGEST_REMEMBERED: Duration = Duration::days(30);
/// For how long a key that was replaced still verifies the tokens that it signed.
pub(crate) const RETIRE_AFTER: Duration = Duration::hours(3);

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Sent as `Authorization: Bearer …`.
    pub access_token: String,
    /// Exchanged for new tokens at `/v1/auth/refresh`, once.
    pub refresh_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// How many seconds the access token is valid.
    pub expires_in: i64,
    /// The organisation of the session.
    pub organisation_id: TenantId,
}

/// Returns a session that is about to begin, and its first refresh token.
pub(crate) fn new_session(cx: &Cx, tenant: TenantId, user: Uuid, remembered: bool) -> Result<(NewSession, Secret)> {
    let refresh = Secret::random(tenant.0)?;
    let session = NewSession {
        tenant,
        session: Uuid::now_v7(),
        user,
        token_hash: refresh.hash(),
        remembered,
        user_agent: cx.user_agent.clone(),
        address: cx.address.clone(),
        expires_at: cx.now + if remembered { LONGEST_REMEMBERED } else { LONGEST },
    };
    Ok((session, refresh))
}

/// The newest signing key, decrypted once in each process. If no key exists yet, the first one is created.
pub(crate) struct Signer(Mutex<Option<(Uuid, EncodingKey)>>);

impl Resource for Signer {
    async fn open(_cx: &Cx) -> Result<Self> {
        Ok(Self(Mutex::const_new(None)))
    }
}

impl Signer {
    /// Returns the key that signs now: its id and its private half. A key that another process created is used at once.
    pub(crate) async fn ready(&self, cx: &Cx) -> Result<(Uuid, EncodingKey)> {
        let db = cx.get::<CoreDb>().await?;
        let newest = match db.newest_signing_key().await? {
            Some(newest) => newest,
            None => {
                make_key(cx, &db, None).await?;
                db.newest_signing_key().await?.ok_or_else(|| Error::internal("no signing key after one was made"))?
            }
        };
        let mut cached = self.0.lock().await;
        if let Some((id, key)) = cached.as_ref()
            && *id == newest.id
        {
            return Ok((*id, key.clone()));
        }
        let context = newest.id.to_string();
        let private = cx.get::<Keys>().await?.decrypt(&newest.private_encrypted, &[("signing_key", &context)]).await?;
        let key = EncodingKey::from_ed_der(&private);
        *cached = Some((newest.id, key.clone()));
        Ok((newest.id, key))
    }
}

/// Creates a key that signs from now on, in place of `newest`. Returns `false` if another process was faster.
pub(crate) async fn make_key(cx: &Cx, db: &CoreDb, newest: Option<&StoredSigningKey>) -> Result<bool> {
    let private =
        Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| Error::internal("no key could be made"))?;
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(|_| Error::internal("the new key is malformed"))?;
    let id = Uuid::now_v7();
    let encrypted = cx.get::<Keys>().await?.encrypt(private.as_ref(), &[("signing_key", &id.to_string())]).await?;
    let key = SigningKey { id, public: pair.public_key().as_ref().to_vec() };
    db.add_signing_key(&key, &encrypted, newest.map(|newest| newest.id), cx.now, cx.now + RETIRE_AFTER).await
}

/// Returns the tokens of a session; `refresh` is the refresh token that was stored for it.
pub(crate) fn tokens(
    cx: &Cx,
    signer: &(Uuid, EncodingKey),
    user: Uuid,
    session: Uuid,
    refresh: &Secret,
) -> Result<Tokens> {
    let issued = cx.now.unix_timestamp();
    let tenant = TenantId(refresh.owner);
    let claims = Claims {
        iss: issuer(cx)?,
        aud: AUDIENCE.to_owned(),
        sub: user,
        tenant_id: tenant,
        session_id: session,
        iat: issued,
        exp: issued + ACCESS_SECONDS,
    };
    let header = Header { kid: Some(signer.0.to_string()), ..Header::new(Algorithm::EdDSA) };
    Ok(Tokens {
        access_token: encode(&header, &claims, &signer.1).map_err(Error::internal)?,
        refresh_token: refresh.text.clone(),
        token_type: "Bearer",
        expires_in: ACCESS_SECONDS,
        organisation_id: tenant,
    })
}
