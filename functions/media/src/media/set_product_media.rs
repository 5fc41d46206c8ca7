//! `PUT /v1/products/{id}/media`

use db_catalog::CatalogDb;
use db_media::MediaDb;
use db_tenancy::Stamp;
use runtime::{Body, Cx, Page, Path, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::media::links::{MediumView, views};
use crate::pipeline::counts::publish_counts_soon;

/// The pictures of a product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductMedia {
    /// The pictures in order, at most 20; the first is the primary one.
    pub media_ids: Vec<Uuid>,
}

/// Sets a product's pictures and their order: attaches, orders and detaches in one request.
pub async fn set_product_media(cx: Cx, id: Path, input: Body<ProductMedia>) -> Result<Page<MediumView>> {
    let tenant = cx.tenant()?;
    cx.get::<CatalogDb>().await?.product(tenant, id.0).await?;
    let media = cx.get::<MediaDb>().await?.set_media_of(tenant, id.0, &input.0.media_ids, &Stamp::of(&cx)?).await?;
    publish_counts_soon(&cx, tenant).await;
    Ok(Page { data: views(&cx, media).await?, next_cursor: None })
}
