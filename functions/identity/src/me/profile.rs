//! The profile of the person who is logged in.

use db_core::CoreDb;
use runtime::{Cx, Permission, Result, TenantId};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// The person who is logged in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The id of the account.
    pub id: Uuid,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: Option<String>,
    /// `en` or `fr`.
    pub locale: String,
    /// An IANA time zone.
    pub time_zone: String,
    /// Whether two-factor authentication is on.
    pub two_factor: bool,
    /// Whether the organisation requires two-factor authentication and it is not on: nothing else works until it is on.
    pub two_factor_required: bool,
    /// When the account was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the password was last changed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub password_changed_at: Option<OffsetDateTime>,
    /// The organisation of the session.
    pub organisation_id: TenantId,
    /// The permissions of the person in this organisation.
    pub permissions: Vec<Permission>,
}

impl Me {
    /// Returns the profile of the caller.
    pub(crate) async fn of(cx: &Cx) -> Result<Self> {
        let caller = cx.caller()?;
        let profile = cx.get::<CoreDb>().await?.profile(caller.person()?.user).await?;
        Ok(Me {
            id: profile.user,
            email: profile.email,
            name: profile.name,
            locale: profile.locale,
            time_zone: profile.time_zone,
            two_factor: profile.two_factor,
            two_factor_required: caller.two_factor_missing,
            created_at: profile.created_at,
            password_changed_at: profile.password_changed_at,
            organisation_id: caller.tenant,
            permissions: caller.permissions.iter().collect(),
        })
    }
}
