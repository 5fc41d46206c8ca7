//! `POST /v1/products/{id}/restore`

use db_catalog::{CatalogDb, Product};
use runtime::{Cx, Path, Result, Versioned};

use crate::products::input::origin;

/// Takes a product, and the variants of a parent, out of the trash, with the status that they had.
pub async fn restore_product(cx: Cx, id: Path) -> Result<Versioned<Product>> {
    let (origin, stamp) = origin(&cx)?;
    let product = cx.get::<CatalogDb>().await?.trash_product(cx.tenant()?, id.0, false, &origin, &stamp).await?;
    let version = product.version;
    Ok(Versioned(product, version))
}
