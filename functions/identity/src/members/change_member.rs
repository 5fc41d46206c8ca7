//! `PATCH /v1/members/{id}`

use db_core::CoreDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, NoContent, Path, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::input::RoleName;

/// The change of a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// The new role.
    pub role: RoleName,
}

/// Changes the role of a member; takes effect on the member's next request.
pub async fn change_member(cx: Cx, id: Path, input: Body<MemberChange>) -> Result<NoContent> {
    let held = cx.caller()?.permissions;
    let db = cx.get::<CoreDb>().await?;
    db.change_member_role(cx.tenant()?, id.0, input.0.role.0, held, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
