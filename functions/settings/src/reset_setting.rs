//! `DELETE /v1/settings/{key}`

use runtime::{Cx, Key, Result};

use crate::setting::{SettingView, write};

/// Resets a setting to its default.
pub async fn reset_setting(cx: Cx, key: Key) -> Result<SettingView> {
    write(&cx, &key, None).await
}
