//! The form of an entry, and the list of all.

/// A message of the catalogue, with `{name}` where its values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The code: the module and the function, such as `imports.file_empty`.
    pub code: &'static str,
    /// The English form.
    pub english: &'static str,
    /// The French form.
    pub french: &'static str,
}

/// Declares the messages of a module: `name(value, …): "English {value}", "français {value}";`.
///
/// Makes of each a function that returns a [`Text`](crate::Text), and of all the list `ENTRIES`. A value is anything that
/// can be displayed, or another message.
macro_rules! messages {
    ($module:literal; $($name:ident($($value:ident),* $(,)?): $english:literal, $french:literal;)*) => {
        pub(crate) const ENTRIES: &[$crate::Entry] = &[$($crate::Entry {
            code: concat!($module, ".", stringify!($name)),
            english: $english,
            french: $french,
        }),*];

        $(
            #[doc = $english]
            #[must_use]
            pub fn $name($($value: impl $crate::Value),*) -> $crate::Text {
                $crate::Text::new(concat!($module, ".", stringify!($name)), |language| {
                    $(let $value = $value.shown_in(language);)*
                    match language {
                        $crate::Language::En => format!($english),
                        $crate::Language::Fr => format!($french),
                    }
                })
            }
        )*
    };
}
pub(crate) use messages;

/// All messages, module by module.
#[must_use]
pub fn entries() -> Vec<Entry> {
    LISTS.concat()
}

const LISTS: &[&[Entry]] = &[
    crate::catalog::ENTRIES,
    crate::channels::ENTRIES,
    crate::exports::ENTRIES,
    crate::files::ENTRIES,
    crate::identity::ENTRIES,
    crate::imports::ENTRIES,
    crate::mapping::ENTRIES,
    crate::media::ENTRIES,
    crate::notifications::ENTRIES,
    crate::planning::ENTRIES,
    crate::product::ENTRIES,
    crate::runtime::ENTRIES,
    crate::servers::ENTRIES,
    crate::settings::ENTRIES,
    crate::suppliers::ENTRIES,
    crate::things::ENTRIES,
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    /// The values that a form names, in order of the alphabet.
    fn values(form: &str) -> BTreeSet<&str> {
        form.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next()).filter(|name| !name.is_empty()).collect()
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
            let has_words = entry.english.split('{').any(|part| part.split('}').next_back().is_some_and(|text| text.contains(' ')));
            assert!(!has_words || entry.english != entry.french, "{} is not translated", entry.code);
        }
    }
}
