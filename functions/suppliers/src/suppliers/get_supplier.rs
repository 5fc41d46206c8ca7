//! `GET /v1/suppliers/{id}`

use db_suppliers::{Supplier, SuppliersDb};
use runtime::{Cx, Path, Result};

/// Returns one supplier.
pub async fn get_supplier(cx: Cx, id: Path) -> Result<Supplier> {
    cx.get::<SuppliersDb>().await?.supplier(cx.tenant()?, id.0).await
}
