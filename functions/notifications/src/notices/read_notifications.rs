//! `POST /v1/notifications/read`

use db_core::CoreDb;
use runtime::{Body, Cx, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::notices::event::visible;

/// The notifications that were read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadNotifications {
    /// The ids of the notifications; default: all.
    #[serde(default)]
    ids: Option<Vec<Uuid>>,
}

/// The notifications that are still unread.
#[derive(Serialize, ToSchema)]
pub struct Unread {
    /// How many notifications the person has not read.
    unread: i64,
}

/// Marks notifications as read by the person.
pub async fn read_notifications(cx: Cx, input: Body<ReadNotifications>) -> Result<Unread> {
    let (tenant, user, db) = (cx.tenant()?, cx.person()?.user, cx.get::<CoreDb>().await?);
    if input.0.ids.as_ref().is_some_and(|ids| ids.len() > 1_000) {
        return Err(Error::invalid("ids", "too_many", messages::notifications::too_many_ids(1_000)));
    }
    let events = visible(&cx)?;
    db.mark_read(tenant, user, input.0.ids.as_deref()).await?;
    Ok(Unread { unread: db.unread(tenant, user, &events).await? })
}
