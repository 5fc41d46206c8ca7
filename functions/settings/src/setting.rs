//! A setting as the API shows it, and the only code that changes one.

use db_core::{AnySetting, CoreDb, Settings, setting};
use db_tenancy::Stamp;
use messages::Language;
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
    /// Its value.
    pub value: Value,
    /// Its value if nobody set it.
    pub default: Value,
    /// Whether somebody set it.
    pub is_set: bool,
}

impl SettingView {
    /// Returns a setting as a reader of `language` sees it.
    pub(crate) fn of(setting: &dyn AnySetting, settings: &Settings, language: Language) -> Self {
        let stored = settings.value(setting.key());
        Self {
            key: setting.key().to_owned(),
            about: setting.about().into_string(language),
            value: stored.cloned().unwrap_or_else(|| setting.default_value()),
            default: setting.default_value(),
            is_set: stored.is_some(),
        }
    }
}

/// Sets a value, or the default if it is `None`. Returns the setting as it is stored now.
pub(crate) async fn write(cx: &Cx, key: &Key, value: Option<&Value>) -> Result<SettingView> {
    let (setting, tenant) = (setting(&key.0)?, cx.tenant()?);
    let db = cx.get::<CoreDb>().await?;
    db.set_setting(tenant, setting.key(), value, &Stamp::of(cx)?).await?;
    Ok(SettingView::of(setting, &db.stored_settings(tenant).await?, cx.language))
}
