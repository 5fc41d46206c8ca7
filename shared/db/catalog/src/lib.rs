//! `db_catalog`: the products.

mod batches;
mod products;
mod snapshot;

pub use batches::{Batch, BatchRow};
pub use products::{Product, ProductFilter};
pub use snapshot::Snapshot;

db_tenancy::database!(
    /// The catalogue's database.
    CatalogDb,
    "db_catalog",
    "../../../migrations/catalog"
);
