//! `POST /v1/exports/{id}/deliveries`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Accepted, Body, Cx, Path, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exports::view::{ExportView, view};
use crate::pipeline::messages::send_deliveries;

/// A delivery to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDelivery {
    /// The destination.
    pub destination_id: Uuid,
}

/// Delivers the files of a completed export to a destination.
pub async fn create_delivery(cx: Cx, id: Path, input: Body<CreateDelivery>) -> Result<Accepted<ExportView>> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let begun = db.deliver_export(tenant, id.0, input.0.destination_id, &Stamp::of(&cx)?).await?;
    send_deliveries(&cx, tenant, vec![begun]).await;
    view(&cx, tenant, db.export(tenant, id.0).await?).await.map(Accepted)
}
