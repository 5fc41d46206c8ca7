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
    /// The person's role: a predefined one's name, or the id of the organisation's own.
    pub role: String,
    /// Whether the session acts for it.
    pub current: bool,
    /// Since when the person belongs to it.
    #[serde(with = "time::serde::rfc3339")]
    pub joined_at: OffsetDateTime,
}

/// Lists the organisations that the person belongs to, the first joined first.
pub async fn list_organisations(cx: Cx) -> Result<Page<BelongingView>> {
    let (tenant, user) = (cx.tenant()?, cx.person()?.user);
    let data = cx.get::<CoreDb>().await?.belongings(user).await?.into_iter().map(|one| BelongingView {
        organisation_id: one.organisation_id,
        name: one.name,
        role: one.role.name(),
        current: one.organisation_id == tenant,
        joined_at: one.joined_at,
    });
    Ok(Page { data: data.collect(), next_cursor: None })
}
