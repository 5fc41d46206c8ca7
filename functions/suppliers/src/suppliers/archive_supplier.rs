//! `POST /v1/suppliers/{id}/archive`

use db_suppliers::{Supplier, SuppliersDb};
use db_tenancy::Stamp;
use runtime::{Cx, Path, Result};

/// Archives a supplier. Everything stays, but its offers are no longer chosen.
pub async fn archive_supplier(cx: Cx, id: Path) -> Result<Supplier> {
    let db = cx.get::<SuppliersDb>().await?;
    db.change_supplier(cx.tenant()?, id.0, Some(true), &Stamp::of(&cx)?, |details| Ok(details.clone())).await
}
