//! Edits of the products that have a tag.

use db_catalog::{Condition, ProductQuery, Selection};
use product::{Edit, EditAction};
use serde_json::json;

/// Returns the selection of the products with a tag.
pub(crate) fn tagged(tag: &str) -> Selection {
    Selection {
        ids: None,
        query: Some(ProductQuery { filter: vec![Condition::equals("tags", tag)], ..ProductQuery::default() }),
    }
}

/// Returns an edit of the tags.
pub(crate) fn edit(action: EditAction, tag: &str) -> Edit {
    Edit { field: "tags".to_owned(), action, value: json!(tag), find: None, replace: None }
}
