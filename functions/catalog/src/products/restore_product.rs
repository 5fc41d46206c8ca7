//! `POST /v1/products/{id}/restore`

use db_catalog::{CatalogDb, Product};
use runtime::{Cx, Path, Result, Versioned};

use crate::products::input::origin;

/// Restores a product from the trash, a parent together with its variants. They have the same status as before.
pub async fn restore_product(cx: Cx, id: Path) -> Result<Versioned<Product>> {
    let (origin, stamp) = origin(&cx)?;
    let product = cx.get::<CatalogDb>().await?.trash_product(cx.tenant()?, id.0, false, &origin, &stamp).await?;
    let version = product.version;
    Ok(Versioned(product, version))
}
