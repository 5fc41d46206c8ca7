//! Once a day

use db_core::CoreDb;
use runtime::{Cx, Result};
use time::Duration;

use crate::tokens::make_key;

/// How long a key signs.
const SIGNS_FOR: Duration = Duration::days(30);

/// Creates a new signing key when the newest one is old; the old one still verifies the tokens that it signed.
pub async fn rotate_signing_key(cx: Cx) -> Result<()> {
    let db = cx.get::<CoreDb>().await?;
    let newest = db.newest_signing_key().await?;
    if newest.as_ref().is_none_or(|newest| newest.created_at + SIGNS_FOR <= cx.now) {
        let created = make_key(&cx, &db, newest.as_ref()).await?;
        tracing::info!(created, "the signing key was rotated");
    }
    Ok(())
}
