//! The status of a product.

use std::fmt;

use messages::{Text, product as say};
use serde::{Deserialize, Serialize};

/// The status of a product. Default: only active products are sent to a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// Still being written.
    Draft,
    /// On sale. The status of an imported product whose row has no status.
    #[default]
    Active,
    /// Not on sale for now.
    Inactive,
    /// Not in the assortment any more.
    Archived,
}

/// The error for a text that is not a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStatus(String);

impl ProductStatus {
    /// Returns the status's name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ProductStatus::Draft => "draft",
            ProductStatus::Active => "active",
            ProductStatus::Inactive => "inactive",
            ProductStatus::Archived => "archived",
        }
    }

    /// Reads a status from a supplier's cell: our names, the French names, words of shop systems, and yes or no.
    ///
    /// # Errors
    /// [`UnknownStatus`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownStatus> {
        Ok(match text.trim().to_lowercase().as_str() {
            "active" | "actif" | "active product" | "enabled" | "published" | "publish" | "online" | "en ligne"
            | "1" | "true" | "vrai" | "yes" | "oui" => ProductStatus::Active,
            "draft" | "brouillon" => ProductStatus::Draft,
            "inactive" | "inactif" | "disabled" | "unpublished" | "offline" | "hors ligne" | "0" | "false" | "faux"
            | "no" | "non" => ProductStatus::Inactive,
            "archived" | "archive" | "archivé" => ProductStatus::Archived,
            _ => return Err(UnknownStatus(text.trim().to_owned())),
        })
    }
}

impl fmt::Display for ProductStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl UnknownStatus {
    /// Returns the message for the seller: what was expected and what was found.
    #[must_use]
    pub fn message(&self) -> Text {
        say::status_unknown(&self.0)
    }
}

/// The message in English.
impl fmt::Display for UnknownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for UnknownStatus {}
