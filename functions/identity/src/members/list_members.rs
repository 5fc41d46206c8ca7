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
    /// The account.
    pub user_id: Uuid,
    /// Its address.
    pub email: String,
    /// Its name.
    pub name: Option<String>,
    /// The role: a predefined one's name, or the id of the organisation's own.
    pub role: String,
    /// Whether two-factor is on.
    pub two_factor: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub joined_at: OffsetDateTime,
    /// When the member was here last, to the minute.
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
