//! A setting as the API shows it, and the one way to change it.

use db_core::{AnySetting, CoreDb, Settings, setting};
use db_tenancy::Stamp;
use runtime::{Cx, Key, Result};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A setting.
#[derive(Serialize, ToSchema)]
pub struct SettingView {
    /// The key.
    pub key: String,
    /// What it decides.
    pub about: String,
    /// What it is.
    pub value: Value,
    /// What it is when nobody set it.
    pub default: Value,
    /// Whether somebody set it.
    pub is_set: bool,
}

impl SettingView {
    pub(crate) fn of(setting: &dyn AnySetting, settings: &Settings) -> Self {
        let set = settings.value(setting.key());
        Self {
            key: setting.key().to_owned(),
            about: setting.about().to_owned(),
            value: set.cloned().unwrap_or_else(|| setting.default_value()),
            default: setting.default_value(),
            is_set: set.is_some(),
        }
    }
}

/// Writes a value, or the default, and gives the setting as the database has it now.
pub(crate) async fn write(cx: &Cx, key: &Key, value: Option<&Value>) -> Result<SettingView> {
    let (setting, tenant) = (setting(&key.0)?, cx.tenant()?);
    let db = cx.get::<CoreDb>().await?;
    db.set_setting(tenant, setting.key(), value, &Stamp::of(cx)?).await?;
    Ok(SettingView::of(setting, &db.stored_settings(tenant).await?))
}
