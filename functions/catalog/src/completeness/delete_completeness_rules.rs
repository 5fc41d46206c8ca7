//! `DELETE /v1/completeness-rules/{key}`

use db_catalog::{CatalogDb, Work};
use db_tenancy::Stamp;
use runtime::{Cx, IdempotencyKey, Key, NoContent, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::jobs::background;

/// In which language.
#[derive(Deserialize, IntoParams)]
pub struct OfLocale {
    /// The language; the organisation's own unless said.
    #[serde(default)]
    pub locale: Option<String>,
}

/// Deletes the rules of a channel; those of the default channel go back to the product's own.
pub async fn delete_completeness_rules(cx: Cx, channel: Key, of: Query<OfLocale>) -> Result<NoContent> {
    let db = cx.get::<CatalogDb>().await?;
    db.set_completeness_rules(cx.tenant()?, &channel.0, of.0.locale.as_deref(), None, &Stamp::of(&cx)?).await?;
    background::begin(&cx, &Work::Assess, &IdempotencyKey(None)).await?;
    Ok(NoContent)
}
