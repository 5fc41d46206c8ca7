//! The organisation as the API reads and shows it.

use db_core::CoreDb;
use runtime::{Cx, Result, TenantId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::input::Name;

/// The name of an organisation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisationBody {
    /// Its name.
    pub name: Name,
}

/// The organisation.
#[derive(Serialize, ToSchema)]
pub struct OrganisationView {
    /// The id.
    pub id: TenantId,
    /// The name.
    pub name: String,
    /// The plan.
    pub plan: String,
    /// How many requests it may make.
    pub limits: LimitsView,
    /// How many members it has.
    pub members: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// How many requests an organisation may make.
#[derive(Serialize, ToSchema)]
pub struct LimitsView {
    /// Requests per minute, without bulk operations.
    pub per_minute: u32,
    /// Bulk operations per minute.
    pub bulk_per_minute: u32,
    /// Requests per hour, of every kind.
    pub per_hour: u32,
}

impl OrganisationView {
    /// Returns the caller's organisation.
    pub(crate) async fn of(cx: &Cx) -> Result<Self> {
        let found = cx.get::<CoreDb>().await?.organisation(cx.tenant()?).await?;
        Ok(OrganisationView {
            id: found.id,
            name: found.name,
            plan: found.plan,
            limits: LimitsView {
                per_minute: found.limits.per_minute,
                bulk_per_minute: found.limits.bulk_per_minute,
                per_hour: found.limits.per_hour,
            },
            members: found.members,
            created_at: found.created_at,
        })
    }
}
