//! `PUT /v1/tags/{key}`

use db_catalog::{CatalogJob, Work};
use product::EditAction;
use runtime::{Accepted, Body, Cx, IdempotencyKey, Key, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::jobs::background;
use crate::products::input::name;
use crate::tags::edits::{edit, tagged};

/// The new name of a tag.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameTag {
    /// The name. If products have a tag of this name already, the two tags become one.
    pub name: String,
}

/// Renames a tag in every product that has it, or merges it into another tag. This is a job, which can be undone.
pub async fn rename_tag(cx: Cx, tag: Key, input: Body<RenameTag>, key: IdempotencyKey) -> Result<Accepted<CatalogJob>> {
    let new = name("name", &input.0.name)?;
    let edits = vec![edit(EditAction::Remove, &tag.0), edit(EditAction::Add, &new)];
    background::begin(&cx, &Work::Edit(tagged(&tag.0), edits), &key).await.map(Accepted)
}
