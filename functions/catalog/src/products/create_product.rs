//! `POST /v1/products`

use db_catalog::{CatalogDb, Product};
use product::{Content, ProductStatus};
use runtime::{Body, Created, Cx, Result, Versioned};

use crate::products::input::{ProductFields, origin};

/// Creates a product. Its status is `draft` by default. A variant names its parent and its options.
pub async fn create_product(cx: Cx, input: Body<ProductFields>) -> Result<Versioned<Created<Product>>> {
    let content = input.0.onto(&Content { status: ProductStatus::Draft, ..Content::default() })?;
    let (origin, stamp) = origin(&cx)?;
    let product = cx.get::<CatalogDb>().await?.create_product(cx.tenant()?, content, &origin, &stamp).await?;
    let version = product.version;
    Ok(Versioned(Created(product), version))
}
