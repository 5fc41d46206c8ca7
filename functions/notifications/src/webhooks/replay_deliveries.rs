//! `POST /v1/webhooks/{id}/replay`

use db_core::{CoreDb, Replay};
use db_tenancy::Stamp;
use messages::notifications as say;
use runtime::{Accepted, Body, Cx, Error, Path, Result};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::webhooks::deliveries::send_deliveries;

/// Which deliveries to send again: by their ids, or those that failed since a time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayDeliveries {
    /// The ids of deliveries, 1 to 100.
    #[serde(default)]
    pub delivery_ids: Option<Vec<Uuid>>,
    /// Deliveries that failed and were created since this time; at most 1,000, the oldest first.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub failed_since: Option<OffsetDateTime>,
}

/// Deliveries that are sent again.
#[derive(Serialize, ToSchema)]
pub struct ReplayedDeliveries {
    /// How many deliveries are sent again.
    deliveries: usize,
}

/// Sends deliveries again, each with the same message and the same id: a receiver can detect one that it already has.
pub async fn replay_deliveries(
    cx: Cx,
    id: Path,
    input: Body<ReplayDeliveries>,
) -> Result<Accepted<ReplayedDeliveries>> {
    let (tenant, db) = (cx.tenant()?, cx.get::<CoreDb>().await?);
    let webhook = db.webhook(tenant, id.0).await?;
    let which = match (&input.0.delivery_ids, input.0.failed_since) {
        (Some(ids), None) if (1..=100).contains(&ids.len()) => Replay::These(ids),
        (Some(_), None) => return Err(Error::invalid("delivery_ids", "length", say::replay_count(100))),
        (None, Some(since)) => Replay::FailedSince(since),
        _ => return Err(Error::invalid("delivery_ids", "invalid", say::replay_choice())),
    };
    if !webhook.active {
        return Err(Error::Conflict { code: "webhook_off", message: say::webhook_off() });
    }
    let again = db.replay_deliveries(tenant, id.0, &which, &Stamp::of(&cx)?).await?;
    let deliveries = again.len();
    send_deliveries(&cx, again.into_iter().map(|delivery| (tenant, delivery))).await?;
    Ok(Accepted(ReplayedDeliveries { deliveries }))
}
