//! `DELETE /v1/suppliers/{id}/offers/{key}`

use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Cx, Error, Key, NoContent, Path, Result};

/// Takes a supplier's offer of a product, whose id is the key, away.
pub async fn delete_offer(cx: Cx, id: Path, product: Key) -> Result<NoContent> {
    let product = product.0.parse().map_err(|_| Error::NotFound("offer"))?;
    cx.get::<SuppliersDb>().await?.delete_offer(cx.tenant()?, id.0, product, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
