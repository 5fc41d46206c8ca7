//! `GET /v1/suppliers/{id}/mappings`

use db_suppliers::{SavedMapping, SuppliersDb};
use runtime::{Cx, Page, Path, Result};

/// How a supplier's files are read, by name.
pub async fn list_mappings(cx: Cx, id: Path) -> Result<Page<SavedMapping>> {
    let (db, tenant) = (cx.get::<SuppliersDb>().await?, cx.tenant()?);
    db.supplier(tenant, id.0).await?;
    let data = db.mappings(tenant, id.0).await?;
    Ok(Page { data, next_cursor: None })
}
