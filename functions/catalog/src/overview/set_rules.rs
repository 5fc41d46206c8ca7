//! `PUT /v1/catalog/rules`

use db_catalog::{CatalogDb, CatalogRules, Work};
use db_tenancy::Stamp;
use runtime::{Body, Cx, IdempotencyKey, Result};

use crate::jobs::background;

/// Sets the rules of the catalogue. A new language starts a job that indexes every product again.
pub async fn set_rules(cx: Cx, input: Body<CatalogRules>) -> Result<CatalogRules> {
    let (db, tenant) = (cx.get::<CatalogDb>().await?, cx.tenant()?);
    let before = db.catalog_rules(tenant).await?;
    let rules = db.set_catalog_rules(tenant, &input.0, &Stamp::of(&cx)?).await?;
    if before.language != rules.language {
        background::begin(&cx, &Work::Assess, &IdempotencyKey::default()).await?;
    }
    Ok(rules)
}
