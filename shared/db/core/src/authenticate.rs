//! From a bearer token to its caller. Every domain's executable gives [`authenticate`] to the runtime.

use std::collections::HashMap;

use base64::Engine;
use db_tenancy::{begin, error};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use runtime::{BoxFuture, Caller, Cx, Error, Resource, Result, Role, TenantId};
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::CoreDb;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
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

/// The caller that a token proves. The signature and the time are checked here; the session and the role in the
/// database, so that a session that was ended and a role that was changed act on the next request.
pub fn authenticate(cx: Cx, token: String) -> BoxFuture<Result<Caller>> {
    Box::pin(async move {
        let db = cx.get::<CoreDb>().await?;
        let keys = cx.get::<PublicKeys>().await?;
        let claims = keys.verify(&db, &cx, &token).await?;
        let role = db
            .role_in_session(&claims, &cx)
            .await?
            .ok_or(Error::Unauthenticated { code: "token_invalid", message: "this session has ended; log in again" })?;
        Ok(Caller { tenant: claims.tenant_id, user: claims.sub, role })
    })
}

/// The public keys seen so far; an unknown key id is looked up once more.
struct PublicKeys(RwLock<HashMap<Uuid, DecodingKey>>);

impl Resource for PublicKeys {
    async fn open(_cx: &Cx) -> Result<Self> {
        Ok(Self(RwLock::default()))
    }
}

const INVALID: Error =
    Error::Unauthenticated { code: "token_invalid", message: "the access token is not one of ours; log in again" };

impl PublicKeys {
    async fn verify(&self, db: &CoreDb, cx: &Cx, token: &str) -> Result<Claims> {
        let header = decode_header(token).map_err(|_| INVALID)?;
        let key_id: Uuid = header.kid.as_deref().and_then(|kid| kid.parse().ok()).ok_or(INVALID)?;
        let known = self.0.read().await.get(&key_id).cloned();
        let key = match known {
            Some(key) => key,
            None => self.look_up(db, key_id).await?.ok_or(INVALID)?,
        };
        let mut validation = Validation::new(Algorithm::EdDSA);
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

    async fn look_up(&self, db: &CoreDb, key_id: Uuid) -> Result<Option<DecodingKey>> {
        let mut keys = HashMap::new();
        for key in db.signing_keys().await? {
            let x = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&key.public);
            keys.insert(key.id, DecodingKey::from_ed_components(&x).map_err(Error::internal)?);
        }
        let found = keys.get(&key_id).cloned();
        *self.0.write().await = keys;
        Ok(found)
    }
}

impl CoreDb {
    /// The person's role, if the session is alive.
    async fn role_in_session(&self, claims: &Claims, cx: &Cx) -> Result<Option<Role>> {
        let mut tx = begin(&self.pool, claims.tenant_id).await?;
        let role = sqlx::query_scalar!(
            "select m.role from sessions s join memberships m using (tenant_id, user_id)
             where s.tenant_id = $1 and s.session_id = $2 and s.user_id = $3 and s.ended_at is null and s.expires_at > $4",
            claims.tenant_id.0,
            claims.session_id,
            claims.sub,
            cx.now
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?;
        Ok(role.and_then(|role| Role::named(&role)))
    }
}
