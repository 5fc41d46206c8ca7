//! `POST /v1/products/bulk-purge`

use db_catalog::{CatalogJob, Selection, Work};
use runtime::{Accepted, Body, Cx, IdempotencyKey, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::jobs::background;

/// The products to delete.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkPurge {
    /// Which products.
    pub selection: Selection,
}

/// Deletes many products in the trash for good. Products that are not in the trash stay.
pub async fn bulk_purge(cx: Cx, input: Body<BulkPurge>, key: IdempotencyKey) -> Result<Accepted<CatalogJob>> {
    background::begin(&cx, &Work::Purge(input.0.selection), &key).await.map(Accepted)
}
