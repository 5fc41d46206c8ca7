//! Keys by which shops know products.

use crate::Item;
use crate::values::slug;

/// A key made of the product's code, the same whatever else is in the file: where letters or signs of the code are lost, two codes could
/// become one, so that the end of the product's id stands behind it.
pub(crate) fn keyed(item: &Item) -> String {
    let (code, made) = (item.code().to_lowercase(), slug(item.code(), 150));
    if made == code && !made.is_empty() {
        return made;
    }
    format!("{made}-{}", end_of(item.id)).trim_start_matches('-').to_owned()
}

/// The end of an id, which no two products have in common.
pub(crate) fn end_of(id: uuid::Uuid) -> String {
    id.simple().to_string().split_off(20)
}

/// Keys that are given out once: two products whose codes differ in signs only are not one.
#[derive(Default)]
pub(crate) struct Keys(std::collections::HashSet<u64>);

impl Keys {
    /// `wanted`, or with the end of the product's id when another product has it.
    pub(crate) fn take(&mut self, wanted: String, id: uuid::Uuid, joint: char) -> String {
        if !wanted.is_empty() && self.0.insert(fingerprint(&wanted)) {
            return wanted;
        }
        let end = end_of(id);
        let own = if wanted.is_empty() { end } else { format!("{wanted}{joint}{end}") };
        self.0.insert(fingerprint(&own));
        own
    }
}

pub(crate) fn fingerprint(key: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
