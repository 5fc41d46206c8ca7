//! `PUT /v1/settings/{key}`

use db_core::setting;
use runtime::{Body, Cx, Key, Result};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::setting::{SettingView, write};

/// The new value of a setting.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewValue {
    /// The value.
    pub value: Value,
}

/// Sets a setting.
pub async fn set_setting(cx: Cx, key: Key, input: Body<NewValue>) -> Result<SettingView> {
    let setting = setting(&key.0)?;
    setting.check(&input.0.value)?;
    write(&cx, &key, Some(&input.0.value)).await
}
