//! `GET /v1/me/organisations`

use db_core::CoreDb;
use runtime::{Cx, Page, Result, TenantId};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An organisation that the person belongs to.
#[derive(Serialize, ToSchema)]
pub struct BelongingView {
    /// The organisation.
    pub organisation_id: TenantId,
    /// Its name.
    pub name: String,
    /// The person's role: the name of a predefined role, or the id of one of the organisation's own roles.
    pub role: String,
    /// Whether it is the organisation of this session.
    pub current: bool,
    /// When the person joined it.
    #[serde(with = "time::serde::rfc3339")]
    pub joined_at: OffsetDateTime,
}

/// Lists the organisations that the person belongs to, in the order in which the person joined them.
pub async fn list_organisations(cx: Cx) -> Result<Page<BelongingView>> {
    let (tenant, user) = (cx.tenant()?, cx.person()?.user);
    let data = cx.get::<CoreDb>().await?.belongings(user).await?.into_iter().map(|membership| BelongingView {
        organisation_id: membership.organisation_id,
        name: membership.name,
        role: membership.role.name(),
        current: membership.organisation_id == tenant,
        joined_at: membership.joined_at,
    });
    Ok(Page { data: data.collect(), next_cursor: None })
}
