//! `PUT /v1/settings/{key}`

use db_core::{CoreDb, setting};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Key, Result};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::list_settings::SettingView;

/// A value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewValue {
    /// What the setting is to be.
    pub value: Value,
}

/// Sets a setting.
pub async fn set_setting(cx: Cx, key: Key, input: Body<NewValue>) -> Result<SettingView> {
    let setting = setting(&key.0)?;
    setting.check(&input.0.value)?;
    write(&cx, &key, Some(&input.0.value)).await
}

/// Writes a value, or the default, and gives the setting as the database has it now.
pub(crate) async fn write(cx: &Cx, key: &Key, value: Option<&Value>) -> Result<SettingView> {
    let (setting, tenant) = (setting(&key.0)?, cx.tenant()?);
    let db = cx.get::<CoreDb>().await?;
    db.set_setting(tenant, setting.key(), value, &Stamp::of(cx)?).await?;
    Ok(SettingView::of(setting, &db.stored_settings(tenant).await?))
}
