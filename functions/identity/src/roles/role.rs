//! Roles as the API reads and shows them.

use db_core::OwnRole;
use runtime::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Name;

/// A role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleBody {
    /// The name, unique in the organisation.
    pub name: Name,
    /// Its permissions; only permissions that the caller holds.
    pub permissions: Vec<Permission>,
}

/// A role.
#[derive(Serialize, ToSchema)]
pub struct RoleView {
    /// The name of a predefined role, or the id of one of the organisation's own roles; the same as a member's `role`.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Whether it is one of the five roles that every organisation has.
    pub predefined: bool,
    /// Its permissions.
    pub permissions: Vec<Permission>,
    /// How many members have it; only for the organisation's own roles.
    pub members: Option<i64>,
}

impl From<OwnRole> for RoleView {
    fn from(role: OwnRole) -> Self {
        Self {
            id: role.id.to_string(),
            name: role.name,
            predefined: false,
            permissions: role.permissions.iter().collect(),
            members: Some(role.members),
        }
    }
}
