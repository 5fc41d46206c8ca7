//! `POST /v1/suppliers/{id}/unarchive`

use db_suppliers::{Supplier, SuppliersDb};
use db_tenancy::Stamp;
use runtime::{Cx, Path, Result};

/// Restores an archived supplier.
pub async fn unarchive_supplier(cx: Cx, id: Path) -> Result<Supplier> {
    let db = cx.get::<SuppliersDb>().await?;
    db.change_supplier(cx.tenant()?, id.0, Some(false), &Stamp::of(&cx)?, |details| Ok(details.clone())).await
}
