//! Each day

use db_core::CoreDb;
use runtime::{Cx, Result};
use time::Duration;

use crate::tokens::make_key;

/// A key signs for so long.
const SIGNS_FOR: Duration = Duration::days(30);

/// Makes a new signing key when the newest is old; the old one still proves the tokens that it signed.
pub async fn rotate_signing_key(cx: Cx) -> Result<()> {
    let db = cx.get::<CoreDb>().await?;
    let newest = db.newest_signing_key().await?;
    if newest.as_ref().is_none_or(|newest| newest.created_at + SIGNS_FOR <= cx.now) {
        let made = make_key(&cx, &db, newest.as_ref()).await?;
        tracing::info!(made, "the signing key was rotated");
    }
    Ok(())
}
