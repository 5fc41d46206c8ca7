//! `GET /v1/changes`

use db_catalog::{CatalogChanges, CatalogDb};
use runtime::{Cx, PageQuery, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// The position in the feed of changes.
#[derive(Deserialize, IntoParams)]
pub struct Since {
    /// The `cursor` of an earlier answer. Default: from the start.
    #[serde(default)]
    pub since: Option<String>,
    /// The most changes to return, 1 to 200. Default: 50.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
}

/// Lists every product that changed or was deleted since a cursor, in order. A client that follows the cursors misses
/// no change.
pub async fn list_changes(cx: Cx, since: Query<Since>) -> Result<CatalogChanges> {
    let limit = PageQuery { limit: since.0.limit, cursor: None }.limit()?;
    cx.get::<CatalogDb>().await?.changes_since(cx.tenant()?, since.0.since.as_deref(), limit).await
}
