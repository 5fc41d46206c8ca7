//! The list of all messages.

use crate::entry::Entry;
use crate::texts::{
    catalog, channels, exports, files, identity, imports, mapping, media, notifications, planning, product, runtime,
    servers, suppliers, things,
};

/// All messages, module by module.
#[must_use]
pub fn entries() -> Vec<Entry> {
    LISTS.concat()
}

const LISTS: &[&[Entry]] = &[
    catalog::ENTRIES,
    channels::ENTRIES,
    exports::ENTRIES,
    files::ENTRIES,
    identity::ENTRIES,
    imports::ENTRIES,
    mapping::ENTRIES,
    media::ENTRIES,
    notifications::ENTRIES,
    planning::ENTRIES,
    product::ENTRIES,
    runtime::ENTRIES,
    servers::ENTRIES,
    suppliers::ENTRIES,
    things::ENTRIES,
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    /// The values that a form names, in order of the alphabet.
    fn values(form: &str) -> BTreeSet<&str> {
        form.split('{')
            .skip(1)
            .filter_map(|rest| rest.split(['}', ':']).next())
            .filter(|name| !name.is_empty())
            .collect()
    }

    #[test]
    fn every_message_exists_in_both_languages_with_the_same_values() {
        let mut codes = HashSet::new();
        for entry in entries() {
            assert!(codes.insert(entry.code), "{} twice", entry.code);
            for form in [entry.english, entry.french] {
                assert_eq!(form, form.trim(), "{}", entry.code);
                assert!(!form.is_empty(), "{}", entry.code);
            }
            assert_eq!(values(entry.english), values(entry.french), "{}", entry.code);
            // One word may be the same in both languages, as `page` is.
            let text: String = entry.english.split('{').filter_map(|part| part.split('}').next_back()).collect();
            let has_words = text.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).count() > 1;
            assert!(!has_words || entry.english != entry.french, "{} is not translated", entry.code);
        }
    }
}
