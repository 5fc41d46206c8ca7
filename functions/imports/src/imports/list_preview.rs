//! `GET /v1/imports/{id}/preview`

use db_catalog::{CatalogDb, PreviewRow};
use db_imports::ImportsDb;
use runtime::{Cx, Error, Page, PageQuery, Path, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// Filters the records of a preview.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct PreviewFilter {
    /// `created`, `updated`, `unchanged`, `skipped`, `rejected`, or `absent` for products that the file does not have.
    pub action: Option<String>,
}

const ACTIONS: [&str; 6] = ["created", "updated", "unchanged", "skipped", "rejected", "absent"];

/// Lists what every row of the file would do, in the file's order, field by field.
pub async fn list_preview(
    cx: Cx,
    id: Path,
    filter: Query<PreviewFilter>,
    page: Query<PageQuery>,
) -> Result<Page<PreviewRow>> {
    let (tenant, action) = (cx.tenant()?, filter.0.action.as_deref());
    let import = cx.get::<ImportsDb>().await?.import(tenant, id.0).await?;
    if let Some(other) = action.filter(|action| !ACTIONS.contains(action)) {
        return Err(Error::invalid("action", "unknown", messages::imports::unknown_action(ACTIONS.join(", "), other)));
    }
    let catalog = cx.get::<CatalogDb>().await?;
    let limit = page.0.limit()?;
    match (action, import.supplier_id) {
        (Some("absent"), Some(supplier)) => {
            catalog.absent_products(tenant, id.0, supplier, import.options.missing, page.0.after_id()?, limit).await
        }
        (Some("absent"), None) => Ok(Page { data: Vec::new(), next_cursor: None }),
        _ => catalog.preview_rows(tenant, id.0, action, page.0.after_number()?, limit).await,
    }
}
