//! `db_catalog`: the products, what describes and arranges them, and what happened to them.

mod arrangement;
mod attributes;
mod batches;
mod catalogs;
mod categories;
mod changes;
mod columns;
mod completeness;
mod edits;
mod families;
mod filter;
mod history;
mod job_steps;
mod jobs;
mod knowing;
mod matching;
mod parents;
mod plan;
mod products;
mod search;
mod selection;
mod snapshot;
mod staged;
mod taking;
mod undo;
mod words;
mod write;

pub use arrangement::{ASSOCIATIONS, CatalogStatistics, Counted, SavedView, Tag};
pub use attributes::{AttributeGroup, CodedAttribute};
pub use batches::{Batch, BatchRow, LeftOutRow};
pub use catalogs::{CatalogRules, CatalogUse};
pub use categories::{Category, CategoryChange};
pub use changes::{CatalogChange, CatalogChanges};
pub use completeness::{CompletenessRules, ScopedCompleteness};
pub use edits::{Action, duplicate_of};
pub use families::{Family, FamilyAttribute};
pub use filter::{Condition, Op};
pub use history::{FieldOrigin, ProductChange, SetBy};
pub use jobs::{CatalogJob, EditPreview, JobProblem, PreviewedProduct, Work};
pub use plan::PlannedRow;
pub use products::Product;
pub use search::{ProductPage, ProductQuery, Sort, Total};
pub use selection::Selection;
pub use snapshot::{ProductGroup, Snapshot, Wanted, one_of};
pub use staged::{ChangedSince, PreviewFigures, PreviewRow};
pub use write::Origin;

db_tenancy::database!(
    /// The catalogue's database.
    CatalogDb,
    "db_catalog",
    "../../../migrations/catalog"
);
