//! `GET /v1/suppliers`

use db_suppliers::{Supplier, SuppliersDb};
use runtime::{Cx, Page, PageQuery, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which suppliers are wanted.
#[derive(Deserialize, IntoParams)]
pub struct SupplierFilter {
    /// With this in the name or the code, whatever its case.
    #[serde(default)]
    pub q: Option<String>,
    /// Also those that were merged into others.
    #[serde(default)]
    pub merged: bool,
}

/// The suppliers, the oldest first.
pub async fn list_suppliers(cx: Cx, filter: Query<SupplierFilter>, page: Query<PageQuery>) -> Result<Page<Supplier>> {
    let suppliers = cx.get::<SuppliersDb>().await?;
    let search = filter.0.q.as_deref().map(str::trim).filter(|text| !text.is_empty() && !text.contains('\0'));
    suppliers.suppliers(cx.tenant()?, search, filter.0.merged, page.0.after_id()?, page.0.limit()?).await
}
