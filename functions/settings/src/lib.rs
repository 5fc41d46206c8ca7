//! An organisation's settings: typed keys with defaults. Every change is kept and can be reverted.

mod setting;

use runtime::{Method, Permission, functions};

functions! {
    /// Lists every setting with its value, its default and what it decides.
    http(Method::GET, "/v1/settings", Permission::AdminSettings) => list_settings,
    /// Sets a setting. It takes effect with the next request.
    http(Method::PUT, "/v1/settings/{key}", Permission::AdminSettings) => set_setting,
    /// Resets a setting to its default.
    http(Method::DELETE, "/v1/settings/{key}", Permission::AdminSettings) => reset_setting,
    /// Lists the changes of a setting, the newest first.
    http(Method::GET, "/v1/settings/{key}/history", Permission::AdminSettings) => list_changes,
    /// Reverts a setting to its value before one of its changes.
    http(Method::POST, "/v1/settings/{key}/revert", Permission::AdminSettings) => revert_setting,
}
