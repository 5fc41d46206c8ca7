//! `GET /v1/permissions`

use runtime::{Cx, Page, Permission, Result, Role};
use serde::Serialize;
use utoipa::ToSchema;

/// A permission.
#[derive(Serialize, ToSchema)]
pub struct PermissionView {
    /// `action:resource`.
    pub name: Permission,
    /// What it allows, in a sentence.
    pub description: String,
    /// The predefined roles that hold it.
    pub roles: Vec<Role>,
}

/// Lists the permissions.
pub async fn list_permissions(cx: Cx) -> Result<Page<PermissionView>> {
    let data = Permission::ALL.iter().map(|permission| PermissionView {
        name: *permission,
        description: permission.description().into_string(cx.language),
        roles: Role::ALL.into_iter().filter(|role| role.permissions().has(*permission)).collect(),
    });
    Ok(Page { data: data.collect(), next_cursor: None })
}
