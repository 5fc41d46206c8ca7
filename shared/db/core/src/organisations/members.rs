//! The members of an organisation.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, record_change};
use messages::{identity as say, things};
use runtime::{Cursor, Error, Page, PermissionSet, Result, Role, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::CoreDb;
use crate::organisations::invitations::withdraw_invitations_by;
use crate::organisations::member_role::MemberRole;
use crate::organisations::roles::permissions_of;

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub user: Uuid,
    /// Its address.
    pub email: String,
    /// Its name.
    pub name: Option<String>,
    /// The role.
    pub role: MemberRole,
    /// Whether two-factor authentication is on.
    pub two_factor: bool,
    /// When the person joined.
    pub joined_at: OffsetDateTime,
    /// When one of the member's sessions in this organisation was last used.
    pub last_seen_at: Option<OffsetDateTime>,
}

impl CoreDb {
    /// Returns the members of an organisation, in the order of their ids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn members(&self, tenant: TenantId, after: Option<Uuid>, limit: i64) -> Result<Page<Member>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select m.user_id, u.email, u.name, m.role, m.role_id, m.created_at,
                    u.totp_confirmed_at is not null as \"two_factor!\",
                    (select max(s.last_used_at) from sessions s where s.tenant_id = $1 and s.user_id = m.user_id) as last_seen_at
             from memberships m join users u using (user_id)
             where m.tenant_id = $1 and ($2::uuid is null or m.user_id > $2)
             order by m.user_id limit $3",
            tenant.0,
            after,
            limit + 1
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        let members = found
            .into_iter()
            .map(|row| Member {
                user: row.user_id,
                email: row.email,
                name: row.name,
                role: MemberRole::of_columns(row.role.as_deref(), row.role_id),
                two_factor: row.two_factor,
                joined_at: row.created_at,
                last_seen_at: row.last_seen_at,
            })
            .collect();
        Ok(Page::cut(members, limit, |member| Cursor::Id(member.user)))
    }

    /// Changes the role of a member. `held` are the permissions of the caller, who must hold all permissions of the old
    /// role and of the new one.
    ///
    /// # Errors
    /// 404 for an unknown member, 403 when the caller holds less, 422 for an unknown role, 409 for the last Super
    /// Admin.
    pub async fn change_member_role(
        &self,
        tenant: TenantId,
        user: Uuid,
        role: MemberRole,
        held: PermissionSet,
        stamp: &Stamp,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let super_admins = super_admins(&mut tx, tenant).await?;
        let old = locked_role(&mut tx, tenant, user).await?;
        permissions_of(&mut tx, tenant, old).await?.grantable_by(held)?;
        permissions_of(&mut tx, tenant, role).await?.grantable_by(held)?;
        if old == MemberRole::Predefined(Role::SuperAdmin) && role != old {
            keep_one(&super_admins, user)?;
        }
        set_role(&mut tx, tenant, user, role).await?;
        withdraw_invitations_by(&mut tx, tenant, user, stamp.at).await?;
        let change = Change::new("member.role_changed", user)
            .from(json!({ "role": old.name() }))
            .to(json!({ "role": role.name() }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Removes a member; the member's sessions in the organisation end.
    ///
    /// # Errors
    /// 404 for an unknown member, 403 when the member holds more than the caller, 409 for the last Super Admin.
    pub async fn remove_member(&self, tenant: TenantId, user: Uuid, held: PermissionSet, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let super_admins = super_admins(&mut tx, tenant).await?;
        let role = locked_role(&mut tx, tenant, user).await?;
        permissions_of(&mut tx, tenant, role).await?.grantable_by(held)?;
        keep_one(&super_admins, user)?;
        remove(&mut tx, tenant, user, stamp.at).await?;
        let change = Change::new("member.removed", user).from(json!({ "role": role.name() }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Removes a person from an organisation at their own request.
    ///
    /// # Errors
    /// 409 for the last Super Admin.
    pub async fn leave(&self, tenant: TenantId, user: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let super_admins = super_admins(&mut tx, tenant).await?;
        let role = locked_role(&mut tx, tenant, user).await?;
        keep_one(&super_admins, user)?;
        remove(&mut tx, tenant, user, stamp.at).await?;
        let change = Change::new("member.left", user).from(json!({ "role": role.name() }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Transfers the organisation: `to` becomes Super Admin, `from` becomes Admin.
    ///
    /// # Errors
    /// 403 when `from` is not a Super Admin, 404 when `to` is not a member.
    pub async fn transfer(&self, tenant: TenantId, from: Uuid, to: Uuid, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        super_admins(&mut tx, tenant).await?;
        // In the order of the ids, so that two transfers do not wait for each other.
        let (first, second) = if from < to { (from, to) } else { (to, from) };
        locked_role(&mut tx, tenant, first).await?;
        locked_role(&mut tx, tenant, second).await?;
        if locked_role(&mut tx, tenant, from).await? != MemberRole::Predefined(Role::SuperAdmin) {
            return Err(Error::Refused { code: "super_admin_needed", message: say::super_admin_needed() });
        }
        set_role(&mut tx, tenant, to, MemberRole::Predefined(Role::SuperAdmin)).await?;
        set_role(&mut tx, tenant, from, MemberRole::Predefined(Role::Admin)).await?;
        let change =
            Change::new("organisation.transferred", tenant).from(json!({ "owner": from })).to(json!({ "owner": to }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }
}

/// Locks a membership and returns its role.
async fn locked_role(tx: &mut TenantTx, tenant: TenantId, user: Uuid) -> Result<MemberRole> {
    let found = sqlx::query!(
        "select role, role_id from memberships where tenant_id = $1 and user_id = $2 for update",
        tenant.0,
        user
    );
    let found =
        found.fetch_optional(&mut **tx).await.map_err(error)?.ok_or_else(|| Error::NotFound(things::member()))?;
    Ok(MemberRole::of_columns(found.role.as_deref(), found.role_id))
}

/// Locks and returns the Super Admins. Called first, and in the order of their ids: so two of them cannot leave at the
/// same time, and two changes do not wait for each other.
async fn super_admins(tx: &mut TenantTx, tenant: TenantId) -> Result<Vec<Uuid>> {
    let found = sqlx::query_scalar!(
        "select user_id from memberships where tenant_id = $1 and role = 'super_admin' order by user_id for update",
        tenant.0
    );
    found.fetch_all(&mut **tx).await.map_err(error)
}

/// Returns an error if `user` is the only Super Admin.
fn keep_one(super_admins: &[Uuid], user: Uuid) -> Result<()> {
    if super_admins == [user] {
        return Err(Error::Conflict { code: "last_super_admin", message: say::last_super_admin() });
    }
    Ok(())
}

async fn remove(tx: &mut TenantTx, tenant: TenantId, user: Uuid, now: OffsetDateTime) -> Result<()> {
    withdraw_invitations_by(tx, tenant, user, now).await?;
    sqlx::query!("delete from memberships where tenant_id = $1 and user_id = $2", tenant.0, user)
        .execute(&mut **tx)
        .await
        .map_err(error)?;
    Ok(())
}

async fn set_role(tx: &mut TenantTx, tenant: TenantId, user: Uuid, role: MemberRole) -> Result<()> {
    let (role, role_id) = role.columns();
    sqlx::query!(
        "update memberships set role = $3, role_id = $4 where tenant_id = $1 and user_id = $2",
        tenant.0,
        user,
        role,
        role_id
    )
    .execute(&mut **tx)
    .await
    .map_err(error)?;
    Ok(())
}
