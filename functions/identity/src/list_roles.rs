//! `GET /v1/roles`

use db_core::{CoreDb, OwnRole};
use runtime::{Cx, Page, Permission, Result, Role};
use serde::Serialize;
use utoipa::ToSchema;

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

/// Lists the roles: the five predefined ones, then the organisation's own by name.
pub async fn list_roles(cx: Cx) -> Result<Page<RoleView>> {
    let own = cx.get::<CoreDb>().await?.own_roles(cx.tenant()?).await?;
    let predefined = Role::ALL.into_iter().map(|role| RoleView {
        id: role.as_str().to_owned(),
        name: role.title().to_owned(),
        predefined: true,
        permissions: role.permissions().iter().collect(),
        members: None,
    });
    Ok(Page { data: predefined.chain(own.into_iter().map(RoleView::from)).collect(), next_cursor: None })
}
