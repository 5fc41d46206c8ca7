//! `GET /v1/catalog/rules`

use db_catalog::{CatalogDb, CatalogRules};
use runtime::{Cx, Result};

/// Returns the rules of the catalogue: language, sources, locks, history.
pub async fn get_rules(cx: Cx) -> Result<CatalogRules> {
    cx.get::<CatalogDb>().await?.catalog_rules(cx.tenant()?).await
}
