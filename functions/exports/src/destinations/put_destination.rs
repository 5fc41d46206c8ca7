//! `PUT /v1/export-destinations/{id}`

use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};

use crate::destinations::destination::{DestinationInput, DestinationView, view};

/// Updates a destination. If it goes to another server, its secrets must be given again.
pub async fn put_destination(cx: Cx, id: Path, input: Body<DestinationInput>) -> Result<DestinationView> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let before = db.destination(tenant, id.0).await?;
    let (new, shown) = input.0.checked(&cx, tenant, id.0, Some(&before)).await?;
    view(&cx, db.put_destination(tenant, id.0, false, &new, &Stamp::of(&cx)?).await?, shown)
}
