//! `POST /v1/roles`

use db_core::{CoreDb, OwnRole};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, PermissionSet, Result};
use uuid::Uuid;

use crate::roles::role::{RoleBody, RoleView};

/// Creates a role.
pub async fn create_role(cx: Cx, input: Body<RoleBody>) -> Result<Created<RoleView>> {
    let permissions: PermissionSet = input.0.permissions.into_iter().collect();
    permissions.grantable_by(cx.caller()?.permissions)?;
    let role = OwnRole { id: Uuid::now_v7(), name: input.0.name.0, permissions, members: 0 };
    cx.get::<CoreDb>().await?.add_role(cx.tenant()?, &role, &Stamp::of(&cx)?).await?;
    Ok(Created(role.into()))
}
