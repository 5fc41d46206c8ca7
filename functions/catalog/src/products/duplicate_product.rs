//! `POST /v1/products/{id}/duplicate`

use db_catalog::{CatalogDb, Product, duplicate_of};
use runtime::{Body, Created, Cx, Path, Result, Versioned};

use crate::products::input::{ProductFields, origin};

/// Creates a draft with the values of another product. The fields of the request replace them; at least a SKU or an EAN
/// is needed, because these are unique.
pub async fn duplicate_product(cx: Cx, id: Path, input: Body<ProductFields>) -> Result<Versioned<Created<Product>>> {
    let db = cx.get::<CatalogDb>().await?;
    let original = db.product(cx.tenant()?, id.0).await?;
    let content = input.0.onto(&duplicate_of(&original.content))?;
    let (origin, stamp) = origin(&cx)?;
    let product = db.create_product(cx.tenant()?, content, &origin, &stamp).await?;
    let version = product.version;
    Ok(Versioned(Created(product), version))
}
