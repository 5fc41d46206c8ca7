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
    /// The language with this code, such as `fr` or `fr-BE`; English for any other.
    #[must_use]
    pub fn named(code: &str) -> Self {
        match code.get(..2) {
            Some(start) if start.eq_ignore_ascii_case("fr") && !code[2..].starts_with(char::is_alphanumeric) => {
                Language::Fr
            }
            _ => Language::En,
        }
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
            let language = Language::named(tag);
            let is_known = tag == "*"
                || language == Language::Fr
                || tag.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("en"));
            if is_known && quality > best.0 {
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
            ("fr;q=many", Language::En),
            ("é", Language::En),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
