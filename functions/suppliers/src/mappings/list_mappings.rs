//! `GET /v1/suppliers/{id}/mappings`

use db_suppliers::{SavedMapping, SuppliersDb};
use runtime::{Cx, Page, Path, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// What is listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct MappingFilter {
    /// The name of one mapping: then its versions are listed, the newest first. An earlier one comes back when it is saved again.
    pub versions_of: Option<String>,
}

/// How a supplier's files are read, by name.
pub async fn list_mappings(cx: Cx, id: Path, filter: Query<MappingFilter>) -> Result<Page<SavedMapping>> {
    let (db, tenant) = (cx.get::<SuppliersDb>().await?, cx.tenant()?);
    db.supplier(tenant, id.0).await?;
    let data = match &filter.0.versions_of {
        Some(name) => db.mapping_versions(tenant, id.0, name).await?,
        None => db.mappings(tenant, id.0).await?,
    };
    Ok(Page { data, next_cursor: None })
}
