//! `GET /v1/notifications`

use db_core::{CoreDb, Notification};
use runtime::{Cx, PageQuery, Query, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::notices::event::visible;

/// Which notifications to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct NotificationFilter {
    /// Only notifications that the person has not read.
    pub unread: bool,
}

/// A page of notifications.
#[derive(Serialize, ToSchema)]
pub struct NotificationPage {
    /// The notifications, the newest first.
    data: Vec<Notification>,
    /// How many notifications the person has not read, on all pages.
    unread: i64,
    /// The cursor of the next page.
    next_cursor: Option<String>,
}

/// Lists the notifications of the organisation in the last seven days, in the person's language: about the imports,
/// exports and webhooks that the person may see.
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
