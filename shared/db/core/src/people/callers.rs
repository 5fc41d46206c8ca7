//! The caller behind a session or an API key, and the limits of its organisation.

use std::net::IpAddr;

use db_tenancy::{begin, error};
use messages::{Text, identity as say};
use runtime::{Actor, Caller, Error, Limits, PermissionSet, Person, Result, TenantId};
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;
use crate::context::name_tenant;
use crate::organisations::member_role::MemberRole;
use crate::organisations::organisation::limits;
use crate::people::sessions::IDLE;

/// The use of a session or a key is stored in its row at most once a minute.
const NOTE_EVERY: time::Duration = time::Duration::minutes(1);

impl CoreDb {
    /// Returns the person of this session with the current permissions of their role, and the limits of the
    /// organisation. Stores that the session was used.
    ///
    /// # Errors
    /// 401 when the session has ended or was idle for too long.
    pub async fn session_caller(
        &self,
        tenant: TenantId,
        user: Uuid,
        session: Uuid,
        now: OffsetDateTime,
    ) -> Result<(Caller, Limits)> {
        let mut tx = begin(&self.pool, tenant).await?;
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
            tenant.0,
            session,
            user,
            now,
            now - IDLE,
            now - NOTE_EVERY
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or_else(|| Error::Unauthenticated { code: "token_invalid", message: say::session_ended() })?;
        if found.noted {
            tx.commit().await.map_err(error)?;
        }
        let role = MemberRole::of_columns(found.role.as_deref(), found.role_id);
        let permissions = match role {
            MemberRole::Predefined(role) => role.permissions(),
            MemberRole::Own(_) => PermissionSet::of_names(found.own.unwrap_or_default()),
        };
        let required = found.two_factor_roles.as_ref().and_then(Value::as_array);
        let required = required.is_some_and(|roles| roles.iter().any(|listed| *listed == role.name()));
        let person = Person { user, email: found.email, session };
        let caller = Caller {
            tenant,
            actor: Actor::Person(person),
            permissions,
            two_factor_missing: required && !found.two_factor,
            settings_version: found.settings_version,
        };
        Ok((caller, limits(found.per_minute, found.bulk_per_minute, found.per_hour)))
    }

    /// Returns the caller behind an API key in a request from `address`, and the limits of its organisation. Stores
    /// that the key was used.
    ///
    /// # Errors
    /// 401 for a key that is unknown, revoked or expired, 403 when its allow-list does not contain the address.
    pub async fn key_caller(&self, key: &str, address: Option<&str>, now: OffsetDateTime) -> Result<(Caller, Limits)> {
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let hex = hash.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        // No organisation has the nil id.
        let mut tx = begin(&self.pool, TenantId(Uuid::nil())).await?;
        sqlx::query!("select set_config('app.key_hash', $1, true)", hex).fetch_one(&mut *tx).await.map_err(error)?;
        let found = sqlx::query!(
            "select tenant_id, key_id, name, permissions, allowed_addresses, last_used_at from api_keys
             where key_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)",
            &hash[..],
            now
        );
        let found = found
            .fetch_optional(&mut *tx)
            .await
            .map_err(error)?
            .ok_or_else(|| Error::Unauthenticated { code: "token_invalid", message: say::key_invalid() })?;
        if !allowed(&found.allowed_addresses, address) {
            let message = say::key_not_allowed_from(address.map_or_else(say::unknown_address, Text::verbatim));
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
        if found.last_used_at.is_none_or(|at| at < now - NOTE_EVERY) {
            sqlx::query!(
                "update api_keys set last_used_at = $3, last_used_address = $4 where tenant_id = $1 and key_id = $2",
                tenant.0,
                found.key_id,
                now,
                address
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

/// Returns `true` if the address is on the list, or the list is empty.
fn allowed(list: &[String], address: Option<&str>) -> bool {
    let address: Option<IpAddr> = address.and_then(|address| address.parse().ok());
    list.is_empty()
        || address.is_some_and(|address| {
            list.iter().filter_map(|entry| entry.parse::<ipnet::IpNet>().ok()).any(|network| network.contains(&address))
        })
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn an_allow_list_has_addresses_and_networks() {
        let list = ["192.0.2.7/32".to_owned(), "2001:db8::/32".to_owned()];
        assert!(allowed(&list, Some("192.0.2.7")) && allowed(&list, Some("2001:db8::1")) && allowed(&[], None));
        assert!(!allowed(&list, Some("192.0.2.8")) && !allowed(&list, None) && !allowed(&list, Some("nonsense")));
    }
}
