//! `GET /v1/settings/{key}/history`

use db_core::{CoreDb, setting};
use runtime::{Cx, Key, Page, PageQuery, Query, Result};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A change of a setting.
#[derive(Serialize, ToSchema)]
pub struct ChangeView {
    /// The change's id, to revert it.
    pub id: Uuid,
    /// The old value; `null` = the default.
    pub old: Option<Value>,
    /// The new value; `null` = the default.
    pub new: Option<Value>,
    /// The account or key that made it.
    pub actor_id: Option<Uuid>,
    /// Its name at that time.
    pub actor_name: String,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Lists the changes of a setting, the newest first.
pub async fn list_changes(cx: Cx, key: Key, page: Query<PageQuery>) -> Result<Page<ChangeView>> {
    let (setting, before, limit) = (setting(&key.0)?, page.0.after_id()?, page.0.limit()?);
    let changes = cx.get::<CoreDb>().await?.setting_history(cx.tenant()?, setting.key(), before, limit).await?;
    Ok(changes.map(|change| ChangeView {
        id: change.id,
        old: change.old,
        new: change.new,
        actor_id: change.actor_id,
        actor_name: change.actor_name,
        at: change.at,
    }))
}
