//! `GET /v1/products/{id}`

use db_catalog::{CatalogDb, Product};
use runtime::{Cx, Path, Result};

/// One product.
pub async fn get_product(cx: Cx, id: Path) -> Result<Product> {
    cx.get::<CatalogDb>().await?.product(cx.tenant()?, id.0).await
}
