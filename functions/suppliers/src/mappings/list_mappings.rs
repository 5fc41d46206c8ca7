//! `GET /v1/suppliers/{id}/mappings`

use db_suppliers::{SavedMapping, SuppliersDb};
use runtime::{Cx, Page, Path, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// What to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct MappingFilter {
    /// The name of a mapping: lists its versions, the newest first. To restore an earlier version, save it again.
    pub versions_of: Option<String>,
}

/// Lists a supplier's mappings by name, or the versions of one of them.
pub async fn list_mappings(cx: Cx, id: Path, filter: Query<MappingFilter>) -> Result<Page<SavedMapping>> {
    let (db, tenant) = (cx.get::<SuppliersDb>().await?, cx.tenant()?);
    db.supplier(tenant, id.0).await?;
    let data = match &filter.0.versions_of {
        Some(name) => db.mapping_versions(tenant, id.0, name).await?,
        None => db.mappings(tenant, id.0).await?,
    };
    Ok(Page { data, next_cursor: None })
}
