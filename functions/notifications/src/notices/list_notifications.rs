//! `GET /v1/notifications`

use db_core::{CoreDb, Notification};
use runtime::{Cx, PageQuery, Query, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::notices::event::visible;

/// What is listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct NotificationFilter {
    /// Only what the person has not read.
    pub unread: bool,
}

/// A page of notices.
#[derive(Serialize, ToSchema)]
pub struct NotificationPage {
    /// The notices, the newest first.
    data: Vec<Notification>,
    /// How many the person has not read, on all pages.
    unread: i64,
    /// Where the next page begins.
    next_cursor: Option<String>,
}

/// What happened in the organisation in the last seven days, in the person's language: of imports, exports and webhooks, as far
/// as the person may see these.
pub async fn list_notifications(
    cx: Cx,
    filter: Query<NotificationFilter>,
    page: Query<PageQuery>,
) -> Result<NotificationPage> {
    let (tenant, user, db) = (cx.tenant()?, cx.person()?.user, cx.get::<CoreDb>().await?);
    let events = visible(&cx)?;
    let found = db.notifications(tenant, user, &events, filter.0.unread, page.0.after_id()?, page.0.limit()?).await?;
    let unread = db.unread(tenant, user, &events).await?;
    Ok(NotificationPage { data: found.data, unread, next_cursor: found.next_cursor })
}
