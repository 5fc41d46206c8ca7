//! `GET /v1/settings`

use db_core::{CoreDb, SETTINGS};
use runtime::{Cx, Page, Result};

use crate::setting::SettingView;

/// Lists every setting with its value, its default and what it decides.
pub async fn list_settings(cx: Cx) -> Result<Page<SettingView>> {
    let settings = cx.get::<CoreDb>().await?.settings(&cx).await?;
    let data = SETTINGS.iter().map(|setting| SettingView::of(*setting, &settings, cx.language)).collect();
    Ok(Page { data, next_cursor: None })
}
