//! `PUT /v1/completeness-rules/{key}`

use db_catalog::{CatalogDb, CompletenessRules, Work};
use db_tenancy::Stamp;
use product::Requirement;
use runtime::{Body, Cx, IdempotencyKey, Key, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::jobs::background;

/// What a complete product has.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCompletenessRules {
    /// The language; the organisation's own unless said.
    #[serde(default)]
    pub locale: Option<String>,
    /// What is required, 1 to 200 criteria.
    pub requirements: Vec<Requirement>,
}

/// Sets what a complete product has in a channel; every product is assessed anew, in the background when there are many.
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
    background::begin(&cx, &Work::Assess, &IdempotencyKey(None)).await?;
    Ok(CompletenessRules { channel: channel.0, locale, requirements })
}
