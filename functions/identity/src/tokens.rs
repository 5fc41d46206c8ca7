//! Access tokens (Ed25519 JWT, two hours) and refresh tokens (random, one use each).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use cloud::Keys;
use db_core::{Claims, CoreDb, SigningKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use runtime::{Cx, Error, Resource, Result, TenantId};
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long an access token is good for, in seconds.
pub(crate) const ACCESS_SECONDS: i64 = 2 * 60 * 60;
/// A session without a refresh for longer has ended: the two hours of its access token, and 30 minutes of inactivity.
pub(crate) const IDLE: Duration = Duration::minutes(150);
/// A session ends after this, used or not.
pub(crate) const LONGEST: Duration = Duration::days(7);

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Sent as `Authorization: Bearer …`.
    pub access_token: String,
    /// Exchanged for new tokens at `/v1/auth/refresh`, once.
    pub refresh_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// How many seconds the access token is good for.
    pub expires_in: i64,
    /// The organisation in whose name the session acts.
    pub organisation_id: TenantId,
}

/// A refresh token: the organisation, so that its rows can be looked up, and 32 random bytes.
pub(crate) struct RefreshToken {
    pub(crate) tenant: TenantId,
    pub(crate) text: String,
}

impl RefreshToken {
    pub(crate) fn random(tenant: TenantId) -> Result<Self> {
        let mut secret = [0; 32];
        aws_lc_rs::rand::fill(&mut secret).map_err(|_| Error::internal("no randomness"))?;
        let secret = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret);
        Ok(Self { tenant, text: format!("{}.{secret}", tenant.0.simple()) })
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (tenant, _) = text.split_once('.')?;
        Some(Self { tenant: TenantId(tenant.parse().ok()?), text: text.to_owned() })
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }
}

/// The newest signing key, decrypted; the first one is made when there is none.
pub(crate) struct Signer {
    id: Uuid,
    key: EncodingKey,
}

impl Resource for Signer {
    async fn open(cx: &Cx) -> Result<Self> {
        let db = cx.get::<CoreDb>().await?;
        let keys = cx.get::<Keys>().await?;
        let stored = match db.newest_signing_key().await? {
            Some(stored) => stored,
            None => {
                make_key(&db, &keys).await?;
                db.newest_signing_key().await?.ok_or_else(|| Error::internal("no signing key after one was made"))?
            }
        };
        let private = keys.decrypt(&stored.private_encrypted, &[("signing_key", &stored.id.to_string())]).await?;
        Ok(Self { id: stored.id, key: EncodingKey::from_ed_der(&private) })
    }
}

async fn make_key(db: &CoreDb, keys: &Keys) -> Result<()> {
    let private =
        Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| Error::internal("no key could be made"))?;
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(|_| Error::internal("the new key is malformed"))?;
    let id = Uuid::now_v7();
    let encrypted = keys.encrypt(private.as_ref(), &[("signing_key", &id.to_string())]).await?;
    let public = pair.public_key().as_ref().to_vec();
    db.add_first_signing_key(&SigningKey { id, public }, &encrypted).await
}

impl Signer {
    /// The tokens of a session, given the refresh token that was stored for it.
    pub(crate) fn tokens(&self, cx: &Cx, user: Uuid, session: Uuid, refresh: &RefreshToken) -> Result<Tokens> {
        let issued = cx.now.unix_timestamp();
        let claims = Claims {
            sub: user,
            tenant_id: refresh.tenant,
            session_id: session,
            iat: issued,
            exp: issued + ACCESS_SECONDS,
        };
        let header = Header { kid: Some(self.id.to_string()), ..Header::new(Algorithm::EdDSA) };
        Ok(Tokens {
            access_token: encode(&header, &claims, &self.key).map_err(Error::internal)?,
            refresh_token: refresh.text.clone(),
            token_type: "Bearer",
            expires_in: ACCESS_SECONDS,
            organisation_id: refresh.tenant,
        })
    }
}
