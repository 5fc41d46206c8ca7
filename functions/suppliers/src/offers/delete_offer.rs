//! `DELETE /v1/suppliers/{id}/offers/{key}`

use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Cx, Error, Key, NoContent, Path, Result};

/// Deletes a supplier's offer of a product. The key is the product's id.
pub async fn delete_offer(cx: Cx, id: Path, product: Key) -> Result<NoContent> {
    let product = product.0.parse().map_err(|_| Error::NotFound(messages::things::offer()))?;
    cx.get::<SuppliersDb>().await?.delete_offer(cx.tenant()?, id.0, product, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
