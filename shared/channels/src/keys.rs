//! Keys by which shops identify products.

use crate::Item;
use crate::values::slug;

/// Returns a key made from the product's code. It does not depend on the other products in the file. If the key loses
/// characters of the code, two codes could give the same key; then the end of the product's id is added.
pub(crate) fn keyed(item: &Item) -> String {
    let (code, key) = (item.code().to_lowercase(), slug(item.code(), 150));
    if key == code && !key.is_empty() {
        return key;
    }
    format!("{key}-{}", end_of(item.id)).trim_start_matches('-').to_owned()
}

/// Returns the end of an id, which is different for each product.
pub(crate) fn end_of(id: uuid::Uuid) -> String {
    id.simple().to_string().split_off(20)
}

/// The keys that are in use, so that two products whose codes differ only in punctuation get different keys.
#[derive(Default)]
pub(crate) struct Keys(std::collections::HashSet<u64>);

impl Keys {
    /// Returns `wanted`, or `wanted` with the end of the product's id if another product has that key.
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
