//! `POST /v1/webhooks/{id}/rotate`

use cloud::Keys;
use db_core::CoreDb;
use db_tenancy::Stamp;
use net::new_secret;
use runtime::{Cx, Path, Result};
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use crate::webhooks::input::context;

/// A changed secret.
#[derive(Serialize, ToSchema)]
pub struct RotatedSecret {
    /// The new secret, shown only now.
    secret: String,
    /// Until when messages are signed with the previous secret too.
    #[serde(with = "time::serde::rfc3339")]
    previous_until: OffsetDateTime,
}

/// How long messages are signed with both secrets.
const BOTH: Duration = Duration::hours(24);

/// Changes the secret of a webhook. For a day messages are signed with the previous secret too, so that the receiver
/// has time to switch.
pub async fn rotate_webhook(cx: Cx, id: Path) -> Result<RotatedSecret> {
    let (tenant, secret, previous_until) = (cx.tenant()?, new_secret()?, cx.now + BOTH);
    let db = cx.get::<CoreDb>().await?;
    db.webhook(tenant, id.0).await?;
    let kept =
        cx.get::<Keys>().await?.encrypt(secret.as_bytes(), &context(&tenant.to_string(), &id.0.to_string())).await?;
    db.rotate_webhook(tenant, id.0, &kept, previous_until, &Stamp::of(&cx)?).await?;
    Ok(RotatedSecret { secret, previous_until })
}
