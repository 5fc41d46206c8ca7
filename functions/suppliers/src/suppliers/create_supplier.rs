//! `POST /v1/suppliers`

use db_suppliers::{Supplier, SupplierDetails, SuppliersDb};
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Result};

use crate::suppliers::fields::SupplierFields;

/// Creates a supplier.
pub async fn create_supplier(cx: Cx, input: Body<SupplierFields>) -> Result<Created<Supplier>> {
    let details = input.0.onto(&SupplierDetails::default())?;
    cx.get::<SuppliersDb>().await?.create_supplier(cx.tenant()?, details, &Stamp::of(&cx)?).await.map(Created)
}
