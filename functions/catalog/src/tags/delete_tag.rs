//! `DELETE /v1/tags/{key}`

use db_catalog::{CatalogJob, Work};
use product::EditAction;
use runtime::{Accepted, Cx, IdempotencyKey, Key, Result};

use crate::jobs::background;
use crate::tags::edits::{edit, tagged};

/// Removes a tag from every product that has it. This is a job, which can be undone.
pub async fn delete_tag(cx: Cx, tag: Key, key: IdempotencyKey) -> Result<Accepted<CatalogJob>> {
    let edits = vec![edit(EditAction::Remove, &tag.0)];
    background::begin(&cx, &Work::Edit(tagged(&tag.0), edits), &key).await.map(Accepted)
}
