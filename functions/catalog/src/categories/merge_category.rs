//! `POST /v1/categories/{id}/merge`

use db_catalog::{CatalogDb, Category};
use db_tenancy::Stamp;
use runtime::{Body, Cx, Path, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The target of a merge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeCategory {
    /// The category that stays.
    pub into: Uuid,
}

/// Merges a category into another one: moves its products and the categories below it there, then deletes it.
pub async fn merge_category(cx: Cx, id: Path, input: Body<MergeCategory>) -> Result<Category> {
    cx.get::<CatalogDb>().await?.merge_category(cx.tenant()?, id.0, input.0.into, &Stamp::of(&cx)?).await
}
