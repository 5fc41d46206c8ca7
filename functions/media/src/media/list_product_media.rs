//! `GET /v1/products/{id}/media`

use db_catalog::CatalogDb;
use db_media::MediaDb;
use runtime::{Cx, Page, Path, Result};

use crate::media::links::{MediumView, views};

/// Lists a product's pictures, the primary one first.
pub async fn list_product_media(cx: Cx, id: Path) -> Result<Page<MediumView>> {
    let tenant = cx.tenant()?;
    cx.get::<CatalogDb>().await?.product(tenant, id.0).await?;
    let media = cx.get::<MediaDb>().await?.media_of(tenant, id.0).await?;
    Ok(Page { data: views(&cx, media).await?, next_cursor: None })
}
