//! `GET /v1/products/{id}/history`

use db_catalog::{CatalogDb, ProductChange};
use db_imports::ImportsDb;
use runtime::{Cx, Page, PageQuery, Path, Query, Result};
use uuid::Uuid;

/// Lists the changes of a product, field by field, the newest first.
pub async fn list_history(cx: Cx, id: Path, page: Query<PageQuery>) -> Result<Page<ProductChange>> {
    let (tenant, db) = (cx.tenant()?, cx.get::<CatalogDb>().await?);
    let mut history = db.product_history(tenant, id.0, page.0.after_id()?, page.0.limit()?).await?;
    let imports: Vec<Uuid> =
        history.data.iter().filter(|change| change.row.is_some()).filter_map(|change| change.job_id).collect();
    if !imports.is_empty() {
        let names = cx.get::<ImportsDb>().await?.file_names(tenant, &imports).await?;
        for change in &mut history.data {
            change.file_name = change.job_id.and_then(|import| names.get(&import).cloned());
        }
    }
    Ok(history)
}
