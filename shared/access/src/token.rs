//! Access tokens, and the public keys that prove them.

use std::collections::HashMap;

use base64::Engine;
use db_core::CoreDb;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use runtime::{Cx, Error, Resource, Result, TenantId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::RwLock;
use uuid::Uuid;

/// The audience of access tokens, their `aud`.
pub const AUDIENCE: &str = "products-manager-api";

/// The prefix of API keys; `live_` or `test_` follows, depending on the stage.
pub const KEY_PREFIX: &str = "pm_";

/// The claims of an access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer: the stage that signed it, see [`issuer`].
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// The person.
    pub sub: Uuid,
    /// The organisation.
    pub tenant_id: TenantId,
    /// The session, which may end before the token expires.
    pub session_id: Uuid,
    /// When it was signed, seconds since 1970.
    pub iat: i64,
    /// When it expires, seconds since 1970.
    pub exp: i64,
}

/// Returns the issuer of tokens at this stage; a token of another stage is refused.
///
/// # Errors
/// When `STAGE` is not set.
pub fn issuer(cx: &Cx) -> Result<String> {
    Ok(format!("products-manager/{}", cx.env().text("STAGE")?))
}

/// The public keys, and when they were read. They are read again after [`KEYS_ARE_FRESH_FOR`], so that a withdrawn key
/// verifies nothing any more, and for a key id that is not among them.
pub(crate) struct PublicKeys(RwLock<(OffsetDateTime, HashMap<Uuid, DecodingKey>)>);

const KEYS_ARE_FRESH_FOR: time::Duration = time::Duration::minutes(5);

impl Resource for PublicKeys {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self(RwLock::new((cx.now, read_keys(&*cx.get::<CoreDb>().await?, cx.now).await?))))
    }
}

fn token_invalid() -> Error {
    Error::Unauthenticated { code: "token_invalid", message: messages::identity::token_foreign() }
}

impl PublicKeys {
    /// Returns the claims of a token if its signature, stage, audience and time are right.
    pub(crate) async fn verify(&self, db: &CoreDb, cx: &Cx, token: &str) -> Result<Claims> {
        let header = decode_header(token).map_err(|_| token_invalid())?;
        let key_id: Uuid = header.kid.as_deref().and_then(|kid| kid.parse().ok()).ok_or_else(token_invalid)?;
        let known = {
            let (read_at, keys) = &*self.0.read().await;
            keys.get(&key_id).filter(|_| cx.now - *read_at < KEYS_ARE_FRESH_FOR).cloned()
        };
        let key = match known {
            Some(key) => key,
            None => self.look_up(db, key_id, cx.now).await?.ok_or_else(token_invalid)?,
        };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer(cx)?]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // The time is compared below, with the time of the request.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_| token_invalid())?.claims;
        if claims.exp <= cx.now.unix_timestamp() {
            return Err(Error::Unauthenticated { code: "token_expired", message: messages::identity::token_expired() });
        }
        Ok(claims)
    }

    async fn look_up(&self, db: &CoreDb, key_id: Uuid, now: OffsetDateTime) -> Result<Option<DecodingKey>> {
        let keys = read_keys(db, now).await?;
        let found = keys.get(&key_id).cloned();
        *self.0.write().await = (now, keys);
        Ok(found)
    }
}

async fn read_keys(db: &CoreDb, now: OffsetDateTime) -> Result<HashMap<Uuid, DecodingKey>> {
    let mut keys = HashMap::new();
    for key in db.signing_keys(now).await? {
        let x = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&key.public);
        keys.insert(key.id, DecodingKey::from_ed_components(&x).map_err(Error::internal)?);
    }
    Ok(keys)
}
