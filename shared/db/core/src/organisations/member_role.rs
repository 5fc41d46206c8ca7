//! The role of a member, and how a person becomes a member.

use db_tenancy::{TenantTx, on_constraint};
use messages::identity as say;
use runtime::{Error, Result, Role, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

/// A predefined role or one of the organisation's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberRole {
    /// One of the five predefined roles.
    Predefined(Role),
    /// The organisation's own, by its id.
    Own(Uuid),
}

impl MemberRole {
    /// Returns the name of a predefined role, or the id of the organisation's own role.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            MemberRole::Predefined(role) => role.as_str().to_owned(),
            MemberRole::Own(id) => id.to_string(),
        }
    }

    /// Returns the role as two columns: the name of a predefined role, the id of the organisation's own role.
    pub(crate) fn columns(self) -> (Option<&'static str>, Option<Uuid>) {
        match self {
            MemberRole::Predefined(role) => (Some(role.as_str()), None),
            MemberRole::Own(id) => (None, Some(id)),
        }
    }

    /// Reads the role from the two columns.
    pub(crate) fn of_columns(role: Option<&str>, role_id: Option<Uuid>) -> Self {
        match (role.and_then(Role::named), role_id) {
            (Some(role), _) => MemberRole::Predefined(role),
            (None, Some(id)) => MemberRole::Own(id),
            (None, None) => MemberRole::Predefined(Role::Viewer),
        }
    }
}

/// Adds a member to an organisation.
pub(crate) async fn join(
    tx: &mut TenantTx,
    tenant: TenantId,
    user: Uuid,
    role: MemberRole,
    now: OffsetDateTime,
) -> Result<()> {
    let (role, role_id) = role.columns();
    sqlx::query!(
        "insert into memberships (tenant_id, user_id, role, role_id, created_at) values ($1, $2, $3, $4, $5)",
        tenant.0,
        user,
        role,
        role_id,
        now
    )
    .execute(&mut **tx)
    .await
    .map_err(|failed| {
        on_constraint(failed, "memberships_pkey", || Error::Conflict {
            code: "already_member",
            message: say::already_member(),
        })
    })?;
    Ok(())
}
