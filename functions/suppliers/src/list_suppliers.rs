//! `GET /v1/suppliers`

use db_suppliers::{Supplier, SuppliersDb};
use runtime::{Cx, Page, PageQuery, Query, Result};

/// The suppliers, the oldest first.
pub async fn list_suppliers(cx: Cx, page: Query<PageQuery>) -> Result<Page<Supplier>> {
    let suppliers = cx.get::<SuppliersDb>().await?;
    suppliers.suppliers(cx.tenant()?, page.0.after_id()?, page.0.limit()?).await
}
