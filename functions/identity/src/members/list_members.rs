//! `GET /v1/members`

use db_core::CoreDb;
use runtime::{Cx, Page, PageQuery, Query, Result};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A member.
#[derive(Serialize, ToSchema)]
pub struct MemberView {
    /// The id of the account.
    pub user_id: Uuid,
    /// Its address.
    pub email: String,
    /// Its name.
    pub name: Option<String>,
    /// The role: the name of a predefined role, or the id of one of the organisation's own roles.
    pub role: String,
    /// Whether two-factor authentication is on.
    pub two_factor: bool,
    /// When the person joined.
    #[serde(with = "time::serde::rfc3339")]
    pub joined_at: OffsetDateTime,
    /// When the member last used a session of this organisation, to the minute.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_seen_at: Option<OffsetDateTime>,
}

/// Lists the members.
pub async fn list_members(cx: Cx, page: Query<PageQuery>) -> Result<Page<MemberView>> {
    let (after, limit) = (page.0.after_id()?, page.0.limit()?);
    let members = cx.get::<CoreDb>().await?.members(cx.tenant()?, after, limit).await?;
    Ok(members.map(|member| MemberView {
        user_id: member.user,
        email: member.email,
        name: member.name,
        role: member.role.name(),
        two_factor: member.two_factor,
        joined_at: member.joined_at,
        last_seen_at: member.last_seen_at,
    }))
}
