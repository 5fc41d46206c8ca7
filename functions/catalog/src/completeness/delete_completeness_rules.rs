//! `DELETE /v1/completeness-rules/{key}`

use db_catalog::{CatalogDb, Work};
use db_tenancy::Stamp;
use runtime::{Cx, IdempotencyKey, Key, NoContent, Query, Result};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::jobs::background;

/// The language of the rules.
#[derive(Deserialize, IntoParams)]
pub struct OfLocale {
    /// The language. Default: the organisation's own.
    #[serde(default)]
    pub locale: Option<String>,
}

/// Deletes the rules of completeness of a channel. The default channel then has the built-in rules again. A job
/// computes the completeness of all products again.
pub async fn delete_completeness_rules(cx: Cx, channel: Key, of: Query<OfLocale>) -> Result<NoContent> {
    let db = cx.get::<CatalogDb>().await?;
    db.set_completeness_rules(cx.tenant()?, &channel.0, of.0.locale.as_deref(), None, &Stamp::of(&cx)?).await?;
    background::begin(&cx, &Work::Assess, &IdempotencyKey::default()).await?;
    Ok(NoContent)
}
