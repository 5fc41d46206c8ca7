//! `GET /v1/products/{id}`

use db_catalog::{CatalogDb, Product};
use runtime::{Cx, Path, Result, Versioned};

/// Returns one product, also if it is in the trash.
pub async fn get_product(cx: Cx, id: Path) -> Result<Versioned<Product>> {
    let product = cx.get::<CatalogDb>().await?.product(cx.tenant()?, id.0).await?;
    let version = product.version;
    Ok(Versioned(product, version))
}
