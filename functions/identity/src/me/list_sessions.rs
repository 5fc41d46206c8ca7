//! `GET /v1/me/sessions`

use db_core::CoreDb;
use runtime::{Cx, Page, Result};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A session.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// The id, with which it can be ended.
    pub id: Uuid,
    /// Whether it is the session of this request.
    pub current: bool,
    /// The organisation of the session.
    pub organisation_id: Uuid,
    /// What the device calls itself.
    pub device: Option<String>,
    /// The IP address from which it began.
    pub address: Option<String>,
    /// Whether it began with `remember_me`.
    pub remembered: bool,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    #[serde(with = "time::serde::rfc3339")]
    pub last_seen_at: OffsetDateTime,
    /// When it ends at the latest.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Lists the person's sessions, at most 200, the last used first.
pub async fn list_sessions(cx: Cx) -> Result<Page<SessionView>> {
    let person = cx.person()?;
    let sessions = cx.get::<CoreDb>().await?.sessions(person.user, cx.now).await?;
    let data = sessions.into_iter().map(|session| SessionView {
        id: session.id,
        current: session.id == person.session,
        organisation_id: session.organisation_id,
        device: session.user_agent,
        address: session.address,
        remembered: session.remembered,
        created_at: session.created_at,
        last_seen_at: session.last_used_at,
        expires_at: session.expires_at,
    });
    Ok(Page { data: data.collect(), next_cursor: None })
}
