//! Where a product stands in its life.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A product's status. Only active products are sent to a channel unless one asks otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// Still being written.
    Draft,
    /// On sale; what an imported product becomes unless its row says otherwise.
    #[default]
    Active,
    /// Not on sale for now.
    Inactive,
    /// Out of the assortment.
    Archived,
}

/// A text that is no status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStatus(String);

impl ProductStatus {
    /// The status's name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ProductStatus::Draft => "draft",
            ProductStatus::Active => "active",
            ProductStatus::Inactive => "inactive",
            ProductStatus::Archived => "archived",
        }
    }

    /// Reads a status from a supplier's cell: our names, their French ones, and yes/no.
    ///
    /// # Errors
    /// [`UnknownStatus`] for anything else.
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

impl fmt::Display for UnknownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a status (active, draft, inactive or archived), found \"{}\"", self.0)
    }
}

impl std::error::Error for UnknownStatus {}
