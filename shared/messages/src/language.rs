//! The languages in which sellers are spoken to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The language of messages to a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Language {
    /// The language with this code; English for any other.
    #[must_use]
    pub fn named(code: &str) -> Self {
        if code.eq_ignore_ascii_case("fr") { Language::Fr } else { Language::En }
    }

    /// The one of two texts that is in this language.
    #[must_use]
    pub const fn choose(self, english: &'static str, french: &'static str) -> &'static str {
        match self {
            Language::En => english,
            Language::Fr => french,
        }
    }
}
