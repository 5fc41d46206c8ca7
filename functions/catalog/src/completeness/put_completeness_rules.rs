//! `PUT /v1/completeness-rules/{key}`

use db_catalog::{CatalogDb, CompletenessRules, Work};
use db_tenancy::Stamp;
use product::Requirement;
use runtime::{Body, Cx, IdempotencyKey, Key, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::jobs::background;

/// The rules of completeness.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCompletenessRules {
    /// The language. Default: the organisation's own.
    #[serde(default)]
    pub locale: Option<String>,
    /// What is required, 1 to 200 criteria.
    pub requirements: Vec<Requirement>,
}

/// Sets the rules of completeness of a channel. A job then computes the completeness of all products again.
pub async fn put_completeness_rules(
    cx: Cx,
    channel: Key,
    input: Body<NewCompletenessRules>,
) -> Result<CompletenessRules> {
    let NewCompletenessRules { locale, requirements } = input.0;
    let db = cx.get::<CatalogDb>().await?;
    let requirements = db
        .set_completeness_rules(cx.tenant()?, &channel.0, locale.as_deref(), Some(&requirements), &Stamp::of(&cx)?)
        .await?;
    background::begin(&cx, &Work::Assess, &IdempotencyKey::default()).await?;
    Ok(CompletenessRules { channel: channel.0, locale, requirements })
}
