//! `db_catalog`: products, their categories, attributes and families, and their history.

mod errors;

/// What describes and groups products: categories, attributes, families, tags, views, rules.
mod describe {
    pub(crate) mod associations;
    pub(crate) mod attributes;
    pub(crate) mod categories;
    pub(crate) mod completeness;
    pub(crate) mod families;
    pub(crate) mod rules;
    pub(crate) mod tags;
    pub(crate) mod views;
}

/// Lists, search, statistics, and the feed of changes.
mod find {
    pub(crate) mod changes;
    pub(crate) mod filter;
    pub(crate) mod search;
    pub(crate) mod snapshot;
    pub(crate) mod statistics;
    pub(crate) mod words;
}

/// Writes rows of files into the catalogue, and previews them.
mod import {
    pub(crate) mod apply;
    pub(crate) mod context;
    pub(crate) mod lock;
    pub(crate) mod preview;
}

/// Work on many products, step by step.
mod jobs {
    pub(crate) mod bulk_edit;
    pub(crate) mod job;
    pub(crate) mod run_step;
    pub(crate) mod selection;
    pub(crate) mod step;
    pub(crate) mod undo;
    pub(crate) mod work;
}

/// Products: the only code that reads and writes them, and their history.
mod products {
    pub(crate) mod columns;
    pub(crate) mod edits;
    pub(crate) mod history;
    pub(crate) mod origin;
    pub(crate) mod read;
    pub(crate) mod record;
    pub(crate) mod scores;
    pub(crate) mod setup;
    pub(crate) mod trash;
    pub(crate) mod write;
}

pub use describe::associations::ASSOCIATIONS;
pub use describe::attributes::{AttributeGroup, CodedAttribute};
pub use describe::categories::{Category, CategoryChange};
pub use describe::completeness::{CompletenessRules, ScopedCompleteness};
pub use describe::families::Family;
pub use describe::rules::{CatalogRules, CatalogUse};
pub use describe::tags::Tag;
pub use describe::views::SavedView;
pub use find::changes::{CatalogChange, CatalogChanges};
pub use find::filter::{Condition, Op};
pub use find::search::{ProductPage, ProductQuery, Sort, Total};
pub use find::snapshot::{ProductGroup, Snapshot, SnapshotQuery, one_of};
pub use find::statistics::{CatalogStatistics, ProductCount};
pub use import::preview::{ChangedSince, PreviewFigures, PreviewRow};
pub use jobs::job::{CatalogJob, JobProblem};
pub use jobs::selection::Selection;
pub use jobs::work::{EditPreview, PreviewedProduct, Work};
pub use planning::{Batch, BatchRow, LeftOutRow, PlannedRow};
pub use product::Product;
pub use products::edits::{Action, duplicate_of};
pub use products::history::{FieldOrigin, ProductChange, SetBy};
pub use products::origin::Origin;
pub use products::setup::FamilyAttribute;

db_tenancy::database!(
    /// The catalogue's database.
    CatalogDb,
    "db_catalog",
    "../../../migrations/catalog"
);
