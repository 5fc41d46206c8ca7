//! `GET /v1/products`

use db_catalog::{CatalogDb, Product, ProductFilter};
use runtime::{Cx, Page, PageQuery, Query, Result};

/// The products that the filter wants, the newest first.
pub async fn list_products(cx: Cx, filter: Query<ProductFilter>, page: Query<PageQuery>) -> Result<Page<Product>> {
    let catalog = cx.get::<CatalogDb>().await?;
    catalog.products(cx.tenant()?, &filter.0, page.0.after_id()?, page.0.limit()?).await
}
