//! The roles that an organisation creates for itself.

use db_tenancy::{Change, Stamp, TenantTx, begin, error, on_constraint, record_change};
use messages::{identity as say, things};
use runtime::{Error, PermissionSet, Result, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::CoreDb;
use crate::organisations::member_role::MemberRole;

/// A role that an organisation created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRole {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique in the organisation.
    pub name: String,
    /// Its permissions.
    pub permissions: PermissionSet,
    /// How many members have it.
    pub members: i64,
}

/// The most roles that an organisation can make.
const MOST: i64 = 100;

impl CoreDb {
    /// Returns the organisation's own roles, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn own_roles(&self, tenant: TenantId) -> Result<Vec<OwnRole>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select r.role_id, r.name, r.permissions,
                    (select count(*) from memberships m where m.tenant_id = $1 and m.role_id = r.role_id) as \"members!\"
             from roles r where r.tenant_id = $1 order by r.name, r.role_id limit 200",
            tenant.0
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        Ok(found
            .into_iter()
            .map(|row| OwnRole {
                id: row.role_id,
                name: row.name,
                permissions: PermissionSet::of_names(row.permissions),
                members: row.members,
            })
            .collect())
    }

    /// Creates a role.
    ///
    /// # Errors
    /// 409 when another role has this name, or the organisation has 100 roles.
    pub async fn add_role(&self, tenant: TenantId, role: &OwnRole, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let count = sqlx::query_scalar!("select count(*) as \"count!\" from roles where tenant_id = $1", tenant.0);
        if count.fetch_one(&mut *tx).await.map_err(error)? >= MOST {
            return Err(Error::Conflict { code: "too_many_roles", message: say::too_many_roles(MOST) });
        }
        sqlx::query!(
            "insert into roles (tenant_id, role_id, name, permissions, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)",
            tenant.0,
            role.id,
            role.name,
            &role.permissions.names(),
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(name_taken)?;
        let change = Change::new("role.created", role.id)
            .to(json!({ "name": role.name, "permissions": role.permissions.names() }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Changes the name and the permissions of a role. `held` are the permissions of the caller, who must hold both the
    /// old and the new permissions of the role.
    ///
    /// # Errors
    /// 404 for an unknown role, 403 when the caller holds less, 409 when another role has this name.
    pub async fn change_role(
        &self,
        tenant: TenantId,
        id: Uuid,
        name: &str,
        permissions: PermissionSet,
        held: PermissionSet,
        stamp: &Stamp,
    ) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let (old_name, old) = locked(&mut tx, tenant, id).await?;
        old.grantable_by(held)?;
        permissions.grantable_by(held)?;
        sqlx::query!(
            "update roles set name = $3, permissions = $4, updated_at = $5 where tenant_id = $1 and role_id = $2",
            tenant.0,
            id,
            name,
            &permissions.names(),
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(name_taken)?;
        let change = Change::new("role.changed", id)
            .from(json!({ "name": old_name, "permissions": old.names() }))
            .to(json!({ "name": name, "permissions": permissions.names() }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }

    /// Deletes a role that nobody has.
    ///
    /// # Errors
    /// 404 for an unknown role, 403 when the caller holds less, 409 when a member or an invitation has the role.
    pub async fn delete_role(&self, tenant: TenantId, id: Uuid, held: PermissionSet, stamp: &Stamp) -> Result<()> {
        let mut tx = begin(&self.pool, tenant).await?;
        let (name, permissions) = locked(&mut tx, tenant, id).await?;
        permissions.grantable_by(held)?;
        // Invitations that have ended do not keep the role in use.
        sqlx::query!(
            "delete from invitations where tenant_id = $1 and role_id = $2
             and (accepted_at is not null or withdrawn_at is not null or expires_at < $3)",
            tenant.0,
            id,
            stamp.at
        )
        .execute(&mut *tx)
        .await
        .map_err(error)?;
        let in_use = || Error::Conflict { code: "role_in_use", message: say::role_in_use() };
        sqlx::query!("delete from roles where tenant_id = $1 and role_id = $2", tenant.0, id)
            .execute(&mut *tx)
            .await
            .map_err(|failed| {
            let code = failed.as_database_error().and_then(|database| database.code());
            if code.as_deref() == Some("23503") { in_use() } else { error(failed) }
        })?;
        let change = Change::new("role.deleted", id).from(json!({ "name": name, "permissions": permissions.names() }));
        record_change(&mut tx, tenant, stamp, change).await?;
        tx.commit().await.map_err(error)
    }
}

/// Locks a role and returns its name and permissions.
async fn locked(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<(String, PermissionSet)> {
    let found = sqlx::query!(
        "select name, permissions from roles where tenant_id = $1 and role_id = $2 for update",
        tenant.0,
        id
    );
    let found = found.fetch_optional(&mut **tx).await.map_err(error)?.ok_or_else(|| Error::NotFound(things::role()))?;
    Ok((found.name, PermissionSet::of_names(found.permissions)))
}

fn name_taken(failed: sqlx::Error) -> Error {
    on_constraint(failed, "roles_name_key", || Error::Conflict { code: "name_taken", message: say::role_name_taken() })
}

/// Returns the permissions of a role.
///
/// # Errors
/// 422 when the organisation has no such role.
pub(crate) async fn permissions_of(tx: &mut TenantTx, tenant: TenantId, role: MemberRole) -> Result<PermissionSet> {
    match role {
        MemberRole::Predefined(role) => Ok(role.permissions()),
        MemberRole::Own(id) => match locked(tx, tenant, id).await {
            Ok((_, permissions)) => Ok(permissions),
            Err(Error::NotFound(_)) => Err(Error::invalid("role", "unknown_role", say::role_unknown())),
            Err(other) => Err(other),
        },
    }
}
