//! `GET /v1/products/{id}/provenance`

use db_catalog::{CatalogDb, FieldOrigin};
use db_imports::ImportsDb;
use runtime::{Cx, Page, Path, Result};
use uuid::Uuid;

/// Lists where each of a product's values comes from: its source, and the change, file and row that set it.
pub async fn get_provenance(cx: Cx, id: Path) -> Result<Page<FieldOrigin>> {
    let tenant = cx.tenant()?;
    let mut data = cx.get::<CatalogDb>().await?.product_provenance(tenant, id.0).await?;
    let rows = data.iter().filter_map(|field| field.set_by.as_ref()).filter(|set| set.row.is_some());
    let imports: Vec<Uuid> = rows.filter_map(|set| set.job_id).collect();
    if !imports.is_empty() {
        let names = cx.get::<ImportsDb>().await?.file_names(tenant, &imports).await?;
        for set in data.iter_mut().filter_map(|field| field.set_by.as_mut()) {
            set.file_name = set.job_id.and_then(|import| names.get(&import).cloned());
        }
    }
    Ok(Page { data, next_cursor: None })
}
