//! What the rows of a file make of the catalogue: which products they find, what they change of them, what is said about each.
//!
//! Pure: the rows and what the catalogue knows of them go in, the products to be written come out. A preview and a commit ask
//! here; nobody else decides. `db_catalog` reads the [`Context`] and writes the [`Plan`].

mod batch;
mod context;
mod index;
mod merge_row;
mod parents;
mod plan;
mod planned;

pub use batch::{Batch, BatchRow, LeftOutRow};
pub use context::Context;
pub use plan::{plan, source};
pub use planned::{Plan, PlannedRow, PlannedWrite};
