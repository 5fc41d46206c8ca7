//! `GET /v1/products/{id}/associations`

use db_catalog::CatalogDb;
use runtime::{Cx, Path, Result};

use crate::products::associations::Associations;

/// Returns the products that are associated with a product.
pub async fn get_associations(cx: Cx, id: Path) -> Result<Associations> {
    Ok(cx.get::<CatalogDb>().await?.associations(cx.tenant()?, id.0).await?.into())
}
