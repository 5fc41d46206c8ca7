//! Roles as the API takes and shows them.

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
    /// What it holds; no more than whoever makes it.
    pub permissions: Vec<Permission>,
}

/// A role.
#[derive(Serialize, ToSchema)]
pub struct RoleView {
    /// A predefined role's name, or the id of the organisation's own: what a member's `role` says.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Whether it is one of the five that every organisation has.
    pub predefined: bool,
    /// What it holds.
    pub permissions: Vec<Permission>,
    /// How many members have it; only of the organisation's own.
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
