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

/// Whom an access token is for: its `aud`.
pub const AUDIENCE: &str = "products-manager-api";

/// What an API key begins with, before the kind of its stage.
pub const KEY_PREFIX: &str = "pm_";

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The stage that signed it, see [`issuer`].
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// The person.
    pub sub: Uuid,
    /// The organisation.
    pub tenant_id: TenantId,
    /// The session, which may be ended before the token is.
    pub session_id: Uuid,
    /// When it was signed, seconds since 1970.
    pub iat: i64,
    /// When it expires, seconds since 1970.
    pub exp: i64,
}

/// Who signs tokens at this stage: a token of another stage is refused.
///
/// # Errors
/// When `STAGE` is not set.
pub fn issuer(cx: &Cx) -> Result<String> {
    Ok(format!("products-manager/{}", cx.env().text("STAGE")?))
}

/// The public keys and when they were read; they are read again after [`KEYS_ARE_FRESH_FOR`], so that a key that was
/// withdrawn proves nothing any more, and for a key id that is not among them.
pub(crate) struct PublicKeys(RwLock<(OffsetDateTime, HashMap<Uuid, DecodingKey>)>);

const KEYS_ARE_FRESH_FOR: time::Duration = time::Duration::minutes(5);

impl Resource for PublicKeys {
    async fn open(_cx: &Cx) -> Result<Self> {
        Ok(Self(RwLock::new((OffsetDateTime::UNIX_EPOCH, HashMap::new()))))
    }
}

const INVALID: Error =
    Error::Unauthenticated { code: "token_invalid", message: "the access token is not one of ours; log in again" };

impl PublicKeys {
    /// What a token says, when its signature, stage, audience and time are right.
    pub(crate) async fn verify(&self, db: &CoreDb, cx: &Cx, token: &str) -> Result<Claims> {
        let header = decode_header(token).map_err(|_| INVALID)?;
        let key_id: Uuid = header.kid.as_deref().and_then(|kid| kid.parse().ok()).ok_or(INVALID)?;
        let known = {
            let (read_at, keys) = &*self.0.read().await;
            keys.get(&key_id).filter(|_| cx.now - *read_at < KEYS_ARE_FRESH_FOR).cloned()
        };
        let key = match known {
            Some(key) => key,
            None => self.look_up(db, key_id, cx.now).await?.ok_or(INVALID)?,
        };
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer(cx)?]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // The time is compared below with the request's own clock.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_| INVALID)?.claims;
        if claims.exp <= cx.now.unix_timestamp() {
            return Err(Error::Unauthenticated {
                code: "token_expired",
                message: "the access token has expired; refresh it",
            });
        }
        Ok(claims)
    }

    async fn look_up(&self, db: &CoreDb, key_id: Uuid, now: OffsetDateTime) -> Result<Option<DecodingKey>> {
        let mut keys = HashMap::new();
        for key in db.signing_keys(now).await? {
            let x = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&key.public);
            keys.insert(key.id, DecodingKey::from_ed_components(&x).map_err(Error::internal)?);
        }
        let found = keys.get(&key_id).cloned();
        *self.0.write().await = (now, keys);
        Ok(found)
    }
}
