//! `PUT /v1/tags/{key}`

use db_catalog::{CatalogJob, Condition, ProductQuery, Selection, Work};
use product::{Edit, EditAction};
use runtime::{Accepted, Body, Cx, IdempotencyKey, Key, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::background;
use crate::input::name;

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameTag {
    /// The name; when products have it already, the two become one.
    pub name: String,
}

/// The products with a tag.
pub(crate) fn tagged(tag: &str) -> Selection {
    Selection {
        ids: None,
        query: Some(ProductQuery { filter: vec![Condition::equals("tags", tag)], ..ProductQuery::default() }),
    }
}

/// An edit of the tags.
pub(crate) fn edit(action: EditAction, tag: &str) -> Edit {
    Edit { field: "tags".to_owned(), action, value: json!(tag), find: None, replace: None }
}

/// Renames a tag in every product that has it, or merges it into another: a job, which can be undone.
pub async fn rename_tag(cx: Cx, tag: Key, input: Body<RenameTag>, key: IdempotencyKey) -> Result<Accepted<CatalogJob>> {
    let new = name("name", &input.0.name)?;
    let edits = vec![edit(EditAction::Remove, &tag.0), edit(EditAction::Add, &new)];
    background::begin(&cx, &Work::Edit(tagged(&tag.0), edits), &key).await.map(Accepted)
}
