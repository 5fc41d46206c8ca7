//! `GET /v1/suppliers`

use db_suppliers::{Supplier, SuppliersDb};
use runtime::{Cx, Page, PageQuery, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// The filter of a list of suppliers.
#[derive(Deserialize, IntoParams)]
pub struct SupplierFilter {
    /// A text in the name or the code; case does not matter.
    #[serde(default)]
    pub q: Option<String>,
    /// Whether to list suppliers that were merged into others too.
    #[serde(default)]
    pub merged: bool,
}

/// Lists the suppliers, the oldest first.
pub async fn list_suppliers(cx: Cx, filter: Query<SupplierFilter>, page: Query<PageQuery>) -> Result<Page<Supplier>> {
    let suppliers = cx.get::<SuppliersDb>().await?;
    let search = filter.0.q.as_deref().map(str::trim).filter(|text| !text.is_empty() && !text.contains('\0'));
    suppliers.suppliers(cx.tenant()?, search, filter.0.merged, page.0.after_id()?, page.0.limit()?).await
}
