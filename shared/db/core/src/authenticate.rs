//! From a bearer token to its caller. Every domain's executable gives [`admit`] to the runtime.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use cloud::Table;
use db_tenancy::{begin, error};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use runtime::{
    Actor, Admitted, BoxFuture, Caller, Cx, Error, Limits, Metric, PermissionSet, Person, Rate, Resource, Result,
    TenantId, Unit, Usage, emit_metrics,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::CoreDb;
use crate::context::name_tenant;
use crate::member_role::MemberRole;
use crate::organisations::limits;
use crate::sessions::IDLE;

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

/// The caller that a token or an API key proves, counted on the organisation's limits. Signature, time and stage are
/// checked here; session, role and key in the database, so that what was ended or changed acts on the next request.
pub fn admit(cx: Cx, token: String, rate: Rate) -> BoxFuture<'static, Result<Admitted>> {
    Box::pin(async move {
        let db = cx.get::<CoreDb>().await?;
        let (caller, limits) = if token.starts_with(KEY_PREFIX) {
            db.key_caller(&token, &cx).await?
        } else {
            let claims = cx.get::<PublicKeys>().await?.verify(&db, &cx, &token).await?;
            db.session_caller(&claims, &cx).await?
        };
        let usage = count(&cx, caller.tenant, limits, rate).await?;
        Ok(Admitted { caller, usage })
    })
}

/// Counts a request on the organisation's limits. When they cannot be counted the request passes, and an alarm tells.
async fn count(cx: &Cx, tenant: TenantId, limits: Limits, rate: Rate) -> Result<Option<Usage>> {
    let now = cx.now.unix_timestamp();
    let minute = now.rem_euclid(3_600) / 60;
    let (kind, quota) = match rate {
        Rate::Standard => ("m", limits.per_minute),
        Rate::Bulk => ("b", limits.bulk_per_minute),
    };
    // One item for an hour of an organisation, with a counter for each of its minutes.
    let (key, counter) = (format!("requests/{tenant}/{}", now / 3_600), format!("{kind}{minute}"));
    let counted = async {
        let table = cx.get::<Table>().await?;
        table.count_within(&key, [(&counter, quota), ("hour", limits.per_hour)], now + 7_200).await
    };
    match tokio::time::timeout(Duration::from_secs(3), counted).await {
        Ok(Ok((true, [in_minute, in_hour]))) => Ok(Some(limits.usage(rate, now, in_minute, in_hour))),
        Ok(Ok((false, [in_minute, in_hour]))) => Err(Error::limit_reached(limits.usage(rate, now, in_minute, in_hour))),
        uncounted => {
            if let Ok(Err(failed)) = uncounted {
                runtime::log_error(&failed, &cx.request_id);
            }
            emit_metrics(cx, &[], &[Metric("RequestsNotCounted", 1.0, Unit::Count)]);
            Ok(None)
        }
    }
}

/// The public keys and when they were read; they are read again after [`KEYS_ARE_FRESH_FOR`], so that a key that was
/// withdrawn proves nothing any more, and for a key id that is not among them.
struct PublicKeys(RwLock<(OffsetDateTime, HashMap<Uuid, DecodingKey>)>);

const KEYS_ARE_FRESH_FOR: time::Duration = time::Duration::minutes(5);

impl Resource for PublicKeys {
    async fn open(_cx: &Cx) -> Result<Self> {
        Ok(Self(RwLock::new((OffsetDateTime::UNIX_EPOCH, HashMap::new()))))
    }
}

const INVALID: Error =
    Error::Unauthenticated { code: "token_invalid", message: "the access token is not one of ours; log in again" };

impl PublicKeys {
    async fn verify(&self, db: &CoreDb, cx: &Cx, token: &str) -> Result<Claims> {
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

/// When a session or a key is used, its row says so at most once a minute.
const NOTE_EVERY: time::Duration = time::Duration::minutes(1);

impl CoreDb {
    /// The person of a session that is alive, and the limits of the organisation.
    async fn session_caller(&self, claims: &Claims, cx: &Cx) -> Result<(Caller, Limits)> {
        let mut tx = begin(&self.pool, claims.tenant_id).await?;
        let found = sqlx::query!(
            "with seen as (
                update sessions set last_used_at = $4
                where tenant_id = $1 and session_id = $2 and user_id = $3 and ended_at is null and expires_at > $4
                  and last_used_at < $6 and (remembered or last_used_at >= $5)
                returning 1
             )
             select u.email, u.totp_confirmed_at is not null as \"two_factor!\", m.role, m.role_id, r.permissions as \"own?\",
                    t.settings_version, coalesce(t.per_minute, p.per_minute) as \"per_minute!\",
                    coalesce(t.bulk_per_minute, p.bulk_per_minute) as \"bulk_per_minute!\",
                    coalesce(t.per_hour, p.per_hour) as \"per_hour!\",
                    (select value from settings where tenant_id = $1 and key = 'security.two_factor_roles') as two_factor_roles,
                    exists (select from seen) as \"noted!\"
             from sessions s
             join memberships m using (tenant_id, user_id)
             join users u using (user_id)
             join tenants t using (tenant_id)
             join plans p using (plan)
             left join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
             where s.tenant_id = $1 and s.session_id = $2 and s.user_id = $3 and s.ended_at is null and s.expires_at > $4
               and (s.remembered or s.last_used_at >= $5)",
            claims.tenant_id.0,
            claims.session_id,
            claims.sub,
            cx.now,
            cx.now - IDLE,
            cx.now - NOTE_EVERY
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or(Error::Unauthenticated { code: "token_invalid", message: "this session has ended; log in again" })?;
        if found.noted {
            tx.commit().await.map_err(error)?;
        }
        let role = MemberRole::of_columns(found.role.as_deref(), found.role_id);
        let permissions = match role {
            MemberRole::Predefined(role) => role.permissions(),
            MemberRole::Own(_) => PermissionSet::of_names(found.own.unwrap_or_default()),
        };
        let demanded = found.two_factor_roles.as_ref().and_then(Value::as_array);
        let demanded = demanded.is_some_and(|roles| roles.iter().any(|one| *one == role.name()));
        let person = Person { user: claims.sub, email: found.email, session: claims.session_id };
        let caller = Caller {
            tenant: claims.tenant_id,
            actor: Actor::Person(person),
            permissions,
            two_factor_missing: demanded && !found.two_factor,
            settings_version: found.settings_version,
        };
        Ok((caller, limits(found.per_minute, found.bulk_per_minute, found.per_hour)))
    }

    /// The API key that was shown, and the limits of its organisation.
    async fn key_caller(&self, key: &str, cx: &Cx) -> Result<(Caller, Limits)> {
        const REFUSED: Error = Error::Unauthenticated {
            code: "token_invalid",
            message: "this API key is unknown, revoked or expired; make a new one",
        };
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let hex = hash.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        // No organisation has the nil id.
        let mut tx = begin(&self.pool, TenantId(Uuid::nil())).await?;
        sqlx::query!("select set_config('app.key_hash', $1, true)", hex).fetch_one(&mut *tx).await.map_err(error)?;
        let found = sqlx::query!(
            "select tenant_id, key_id, name, permissions, allowed_addresses, last_used_at from api_keys
             where key_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)",
            &hash[..],
            cx.now
        );
        let found = found.fetch_optional(&mut *tx).await.map_err(error)?.ok_or(REFUSED)?;
        if !allowed(&found.allowed_addresses, cx.address.as_deref()) {
            let from = cx.address.as_deref().unwrap_or("an unknown address");
            let message = format!("this API key may not be used from {from}; its allow-list names other addresses");
            return Err(Error::Refused { code: "address_not_allowed", message });
        }
        let tenant = TenantId(found.tenant_id);
        name_tenant(&mut tx, tenant).await?;
        let organisation = sqlx::query!(
            "select t.settings_version, coalesce(t.per_minute, p.per_minute) as \"per_minute!\",
                    coalesce(t.bulk_per_minute, p.bulk_per_minute) as \"bulk_per_minute!\",
                    coalesce(t.per_hour, p.per_hour) as \"per_hour!\"
             from tenants t join plans p using (plan) where t.tenant_id = $1",
            tenant.0
        );
        let organisation = organisation.fetch_one(&mut *tx).await.map_err(error)?;
        if found.last_used_at.is_none_or(|at| at < cx.now - NOTE_EVERY) {
            sqlx::query!(
                "update api_keys set last_used_at = $3, last_used_address = $4 where tenant_id = $1 and key_id = $2",
                tenant.0,
                found.key_id,
                cx.now,
                cx.address
            )
            .execute(&mut *tx)
            .await
            .map_err(error)?;
            tx.commit().await.map_err(error)?;
        }
        let caller = Caller {
            tenant,
            actor: Actor::Key { id: found.key_id, name: found.name },
            permissions: PermissionSet::of_names(found.permissions),
            two_factor_missing: false,
            settings_version: organisation.settings_version,
        };
        Ok((caller, limits(organisation.per_minute, organisation.bulk_per_minute, organisation.per_hour)))
    }
}

/// Whether an address is on the list, or the list is empty.
fn allowed(list: &[String], address: Option<&str>) -> bool {
    let address: Option<IpAddr> = address.and_then(|address| address.parse().ok());
    list.is_empty()
        || address.is_some_and(|address| {
            list.iter().filter_map(|one| one.parse::<ipnet::IpNet>().ok()).any(|network| network.contains(&address))
        })
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn an_allow_list_names_addresses_and_networks() {
        let list = ["192.0.2.7/32".to_owned(), "2001:db8::/32".to_owned()];
        assert!(allowed(&list, Some("192.0.2.7")) && allowed(&list, Some("2001:db8::1")) && allowed(&[], None));
        assert!(!allowed(&list, Some("192.0.2.8")) && !allowed(&list, None) && !allowed(&list, Some("nonsense")));
    }
}
