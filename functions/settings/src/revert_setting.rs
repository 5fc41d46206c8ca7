//! `POST /v1/settings/{key}/revert`

use db_core::{CoreDb, setting};
use runtime::{Body, Cx, Key, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::setting::{SettingView, write};

/// The change to revert.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revert {
    /// One of the setting's changes.
    pub change_id: Uuid,
}

/// Reverts a setting to its value before one of its changes. Fails with 422 if the old value is no longer valid.
pub async fn revert_setting(cx: Cx, key: Key, input: Body<Revert>) -> Result<SettingView> {
    let setting = setting(&key.0)?;
    let db = cx.get::<CoreDb>().await?;
    let change = db.setting_change(cx.tenant()?, setting.key(), input.0.change_id).await?;
    if let Some(old) = &change.old {
        setting.check(old)?;
    }
    write(&cx, &key, change.old.as_ref()).await
}
