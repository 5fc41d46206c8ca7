//! `PATCH /v1/suppliers/{id}`

use db_suppliers::{Supplier, SuppliersDb};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};

use crate::suppliers::fields::SupplierFields;

/// Changes the given fields; `null` makes a field not known.
pub async fn change_supplier(cx: Cx, id: Path, input: Body<SupplierFields>) -> Result<Supplier> {
    let db = cx.get::<SuppliersDb>().await?;
    db.change_supplier(cx.tenant()?, id.0, None, &Stamp::of(&cx)?, |details| input.0.onto(details)).await
}
