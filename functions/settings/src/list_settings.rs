//! `GET /v1/settings`

use db_core::{AnySetting, CoreDb, SETTINGS, Settings};
use runtime::{Cx, Page, Result};
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

/// Lists every setting.
pub async fn list_settings(cx: Cx) -> Result<Page<SettingView>> {
    let settings = cx.get::<CoreDb>().await?.settings(&cx).await?;
    let data = SETTINGS.iter().map(|setting| SettingView::of(*setting, &settings)).collect();
    Ok(Page { data, next_cursor: None })
}
