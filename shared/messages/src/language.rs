//! The languages in which users read messages.

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
    /// The language of a tag such as `fr` or `fr-BE` (RFC 5646), if messages exist in it.
    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        [Language::En, Language::Fr].into_iter().find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// The language with this code, such as `fr` or `fr-BE`; English for any other.
    #[must_use]
    pub fn named(code: &str) -> Self {
        Self::of_tag(code).unwrap_or_default()
    }

    /// The language that an `Accept-Language` header (RFC 9110, 12.5.4) prefers among those that exist.
    ///
    /// The default is English: for an empty header, and for one that accepts neither language.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let mut best = (0.0, Language::En);
        for range in header.split(',').take(20) {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let quality = parts
                .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
                .map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0));
            let language = if tag == "*" { Some(Language::En) } else { Self::of_tag(tag) };
            if let Some(language) = language
                && quality > best.0
            {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The code of ISO 639-1: `en` or `fr`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Fr => "fr",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_language_is_read_by_quality() {
        for (header, expected) in [
            ("", Language::En),
            ("fr", Language::Fr),
            ("fr-CA,fr;q=0.9,en;q=0.8", Language::Fr),
            ("en-GB,en;q=0.9,fr;q=0.8", Language::En),
            ("de, fr;q=0.5", Language::Fr),
            ("fr;q=0.2, en;q=0.7", Language::En),
            ("fr;q=0", Language::En),
            ("fro, *", Language::En),
            ("enm, fr", Language::Fr),
            ("fr;q=many", Language::En),
            ("é", Language::En),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
