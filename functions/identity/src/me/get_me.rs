//! `GET /v1/me`

use runtime::{Cx, Result};

use crate::me::profile::Me;

/// Returns the person who is logged in.
pub async fn get_me(cx: Cx) -> Result<Me> {
    Me::of(&cx).await
}
