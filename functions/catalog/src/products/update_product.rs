//! `PATCH /v1/products/{id}`

use db_catalog::{Action, CatalogDb, Product};
use runtime::{Body, Cx, IfMatch, Path, Result, Versioned};

use crate::products::input::{ProductFields, origin};

/// Changes the given fields; `null` makes a field not known. Fails with 412 if the product was changed meanwhile.
pub async fn update_product(cx: Cx, id: Path, seen: IfMatch, input: Body<ProductFields>) -> Result<Versioned<Product>> {
    let (origin, stamp) = origin(&cx)?;
    let change = |product: &Product| input.0.onto(&product.content);
    let product = cx
        .get::<CatalogDb>()
        .await?
        .edit_product(cx.tenant()?, id.0, &seen, Action::Update, &origin, &stamp, change)
        .await?;
    let version = product.version;
    Ok(Versioned(product, version))
}
