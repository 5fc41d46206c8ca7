//! `PUT /v1/roles/{id}`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, NoContent, Path, Result};

use crate::roles::role::RoleBody;

/// Changes a role's name and permissions.
pub async fn change_role(cx: Cx, id: Path, input: Body<RoleBody>) -> Result<NoContent> {
    let RoleBody { name, permissions } = input.0;
    let (held, stamp) = (cx.caller()?.permissions, Stamp::of(&cx)?);
    let permissions = permissions.into_iter().collect();
    cx.get::<CoreDb>().await?.change_role(cx.tenant()?, id.0, &name.0, permissions, held, &stamp).await?;
    Ok(NoContent)
}
