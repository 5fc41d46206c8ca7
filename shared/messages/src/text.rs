//! A message in both languages.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::Language;

/// A message of the catalogue with its values filled in, in both languages.
///
/// It is not [`fmt::Display`]: the code that shows it chooses the language, with [`Text::shown`].
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    code: &'static str,
    english: String,
    french: String,
}

impl Text {
    /// What `messages!` makes of an entry: each language is rendered by `render`.
    pub(crate) fn new(code: &'static str, render: impl Fn(Language) -> String) -> Self {
        Self { code, english: render(Language::En), french: render(Language::Fr) }
    }

    /// Words that are not ours, the same in both languages: what a seller wrote, what another service answered.
    #[must_use]
    pub fn verbatim(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { code: "verbatim", french: words.clone(), english: words }
    }

    /// A message that another process of ours rendered.
    #[must_use]
    pub const fn rendered(english: String, french: String) -> Self {
        Self { code: "rendered", english, french }
    }

    /// The message's code in the catalogue, such as `imports.file_empty`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The message in `language`.
    #[must_use]
    pub fn shown(&self, language: Language) -> &str {
        match language {
            Language::En => &self.english,
            Language::Fr => &self.french,
        }
    }

    /// The message in `language`, as a string of one's own.
    #[must_use]
    pub fn into_string(self, language: Language) -> String {
        match language {
            Language::En => self.english,
            Language::Fr => self.french,
        }
    }

    /// The message in English, for logs.
    #[must_use]
    pub fn english(&self) -> &str {
        &self.english
    }

    /// The message in `language` only, so that it is written in that language from here on.
    #[must_use]
    pub fn in_only(&self, language: Language) -> Self {
        let words = self.shown(language).to_owned();
        Self { code: self.code, french: words.clone(), english: words }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.english)
    }
}

/// Written in English; [`Text::in_only`] chooses another language first.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.english)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Text::verbatim(String::deserialize(deserializer)?))
    }
}

impl PartialSchema for Text {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).build().into()
    }
}

impl ToSchema for Text {}

/// A value in a message.
pub trait Value {
    /// The value as a reader of `language` reads it.
    fn shown_in(&self, language: Language) -> String;
}

impl<T: fmt::Display> Value for T {
    fn shown_in(&self, _language: Language) -> String {
        self.to_string()
    }
}

/// A message within a message, in the same language.
impl Value for Text {
    fn shown_in(&self, language: Language) -> String {
        self.shown(language).to_owned()
    }
}
