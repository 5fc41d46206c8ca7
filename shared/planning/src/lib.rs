//! Plans the rows of a file: which products they find, what they change, and the messages about each row.
//!
//! Pure: the input is the rows and the data of the catalogue, the output is the products to write. A preview and a
//! commit both use this plan; nothing else decides. `db_catalog` reads the [`Context`] and writes the [`Plan`].

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
