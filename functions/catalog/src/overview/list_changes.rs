//! `GET /v1/changes`

use db_catalog::{CatalogChanges, CatalogDb};
use runtime::{Cx, PageQuery, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// From where on.
#[derive(Deserialize, IntoParams)]
pub struct Since {
    /// The `cursor` of an earlier answer; everything there is without it.
    #[serde(default)]
    pub since: Option<String>,
    /// How many at most, 1 to 200; 50 unless said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
}

/// Every product that changed or was deleted since a cursor, in order: whoever follows it misses nothing.
pub async fn list_changes(cx: Cx, since: Query<Since>) -> Result<CatalogChanges> {
    let limit = PageQuery { limit: since.0.limit, cursor: None }.limit()?;
    cx.get::<CatalogDb>().await?.changes_since(cx.tenant()?, since.0.since.as_deref(), limit).await
}
