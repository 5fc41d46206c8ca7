//! `POST /v1/export-destinations`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Result};
use uuid::Uuid;

use crate::destinations::destination::{DestinationInput, DestinationView, view};

/// Creates a destination. The signing secret of a webhook is shown only in this answer.
pub async fn create_destination(cx: Cx, input: Body<DestinationInput>) -> Result<Created<DestinationView>> {
    let (tenant, id) = (cx.tenant()?, Uuid::now_v7());
    let (new, shown) = input.0.checked(&cx, tenant, id, None).await?;
    let db = cx.get::<ImportsDb>().await?;
    let destination = db.put_destination(tenant, id, true, &new, &Stamp::of(&cx)?).await?;
    view(&cx, destination, shown).map(Created)
}
