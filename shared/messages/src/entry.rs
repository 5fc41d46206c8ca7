//! The form of an entry of the catalogue.

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
