//! Accounts, organisations, sessions. So far what the main job needs: sign-up, login, refresh.

mod password;
mod tokens;

use runtime::{Method, Permission, functions};

functions! {
    /// Signs an organisation up with its first user, who owns it.
    http(Method::POST, "/v1/organisations", Permission::Public) => sign_up,
    /// Exchanges e-mail and password for an access token and a refresh token.
    http(Method::POST, "/v1/auth/login", Permission::Public) => login,
    /// Exchanges a refresh token for new tokens. A refresh token is good for one use.
    http(Method::POST, "/v1/auth/refresh", Permission::Public) => refresh,
}
