//! Supplier files into the catalogue.
//!
//! ```text
//! POST /v1/imports -> upload to S3 -> SQS import-files -> parse -> SQS import-batches -> apply (several at once)
//!                                                                       -> SQS import-finish -> finish -> event
//! ```
//! Every step may be repeated: `parse` writes the same batches again, `apply` finds that a batch is written, `finish`
//! that the import is complete. `sweep` looks for imports that stopped and sends them on their way.

mod batch_file;
mod messages;

use runtime::{Method, Permission, functions};

functions! {
    /// Begins an import: answers with the address to upload the file to.
    bulk(Method::POST, "/v1/imports", Permission::ImportsWrite) => create_import,
    /// Lists imports, the newest first.
    http(Method::GET, "/v1/imports", Permission::ImportsRead) => list_imports,
    /// Gives one import: status, progress, totals, times.
    http(Method::GET, "/v1/imports/{id}", Permission::ImportsRead) => get_import,
    /// Lists what is wrong with which rows, in the file's order.
    http(Method::GET, "/v1/imports/{id}/errors", Permission::ImportsRead) => list_errors,
    /// Tells what happened to an import.
    http(Method::GET, "/v1/imports/{id}/events", Permission::ImportsRead) => list_events,
    /// Goes on with an import that ended because of a fault on our side.
    http(Method::POST, "/v1/imports/{id}/resume", Permission::ImportsStart) => resume_import,
    /// Reads an uploaded file and cuts it into batches.
    objects("import-files") => parse,
    /// Writes a batch to the catalogue.
    queue("import-batches") => apply,
    /// Makes the report and completes the import.
    queue("import-finish") => finish,
    /// Resumes or ends imports that stopped, and publishes events that were left.
    schedule("rate(1 minute)") => sweep,
}

pub use batch_file::{BatchHeader, BatchReader, BatchWriter, MappedColumn};
pub use messages::{BatchMessage, FinishMessage};
pub use parse::{Limits, ParsedFile, ReadBatch, read_file};
