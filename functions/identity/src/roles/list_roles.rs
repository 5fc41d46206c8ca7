//! `GET /v1/roles`

use db_core::CoreDb;
use runtime::{Cx, Page, Result, Role};

use crate::roles::role::RoleView;

/// Lists the roles: the five predefined ones, then the organisation's own roles by name.
pub async fn list_roles(cx: Cx) -> Result<Page<RoleView>> {
    let own = cx.get::<CoreDb>().await?.own_roles(cx.tenant()?).await?;
    let predefined = Role::ALL.into_iter().map(|role| RoleView {
        id: role.as_str().to_owned(),
        name: role.title().into_string(cx.language),
        predefined: true,
        permissions: role.permissions().iter().collect(),
        members: None,
    });
    Ok(Page { data: predefined.chain(own.into_iter().map(RoleView::from)).collect(), next_cursor: None })
}
