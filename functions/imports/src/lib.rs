//! Supplier files into the catalogue.
//!
//! ```text
//! POST /v1/imports -> upload to S3 -> SQS import-files -> parse -> SQS import-batches -> apply (several at once)
//!                                                                       -> SQS import-finish -> finish -> event
//! ```
//! A preview goes the same way: `apply` does everything, takes it back and notes what would have come of each row; `finish`
//! asks the guards, and the import rests, is held, or goes through its batches once more, for good.
//!
//! Every step may be repeated: `parse` writes the same batches again, `apply` finds that a batch is written, `finish`
//! that the import is complete. `sweep` looks for imports that stopped and sends them on their way.

use runtime::{Method, Permission, functions};

functions! {
    imports [choices, inspection, restart, upload] {
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
        /// Looks at an uploaded file: what it is, why, and what is proposed for its columns.
        http(Method::POST, "/v1/imports/{id}/inspect", Permission::ImportsWrite) => inspect_import,
        /// Finds out what every row of an import would do.
        bulk(Method::POST, "/v1/imports/{id}/preview", Permission::ImportsStart) => preview_import,
        /// Lists what every row of an import would do.
        http(Method::GET, "/v1/imports/{id}/preview", Permission::ImportsRead) => list_preview,
        /// Gives the whole preview as a file.
        bulk(Method::GET, "/v1/imports/{id}/preview/download", Permission::ImportsRead) => download_preview,
        /// Applies an import: what was previewed, what a guard holds, or an uploaded file.
        bulk(Method::POST, "/v1/imports/{id}/apply", Permission::ImportsStart) => apply_import,
        /// Stops an import.
        http(Method::POST, "/v1/imports/{id}/cancel", Permission::ImportsCancel) => cancel_import,
        /// Takes an import back.
        bulk(Method::POST, "/v1/imports/{id}/undo", Permission::ImportsManage) => undo_import,
        /// Goes on with an import that ended because of a fault on our side.
        http(Method::POST, "/v1/imports/{id}/resume", Permission::ImportsStart) => resume_import,
    }
    automations [automation, fetch, inbound_mail, runs] {
        /// Lists automations, the newest first.
        http(Method::GET, "/v1/automations", Permission::ImportsRead) => list_automations,
        /// Makes an automation: files of a supplier that come by themselves.
        http(Method::POST, "/v1/automations", Permission::ImportsManage) => create_automation,
        /// Gives one automation.
        http(Method::GET, "/v1/automations/{id}", Permission::ImportsRead) => get_automation,
        /// Changes an automation, pauses it, lets it go on.
        http(Method::PUT, "/v1/automations/{id}", Permission::ImportsManage) => put_automation,
        /// Deletes an automation.
        http(Method::DELETE, "/v1/automations/{id}", Permission::ImportsManage) => delete_automation,
        /// Tries an automation's connection.
        bulk(Method::POST, "/v1/automations/{id}/test", Permission::ImportsManage) => test_automation,
        /// Lets an automation look now.
        bulk(Method::POST, "/v1/automations/{id}/run", Permission::ImportsStart) => start_automation,
        /// Lists what became of each look of an automation.
        http(Method::GET, "/v1/automations/{id}/runs", Permission::ImportsRead) => list_automation_runs,
        /// Looks where an automation's files lie, and imports what is new.
        queue("imports-automation-runs") => run_automation,
        /// Imports mails and files that arrived.
        objects("inbox-files") => receive_file,
        /// Sends automations that are due on their way.
        schedule("rate(1 minute)") => tick_automations,
    }
    pipeline [batch_file, batches, check_rows, guards, messages, open_file, repeated_codes, report] {
        /// Reads an uploaded file and cuts it into batches.
        objects("import-files") => parse_file,
        /// Writes a batch to the catalogue.
        queue("imports-batches") => apply_batch,
        /// Makes the report and completes the import.
        queue("imports-finish") => finish_import,
        /// Resumes or ends imports that stopped, and publishes events that were left.
        schedule("rate(1 minute)") => sweep,
    }
}

pub use self::imports::choices::Choices;
pub use self::imports::inspection::inspect;
pub use self::imports::inspection::{InspectedColumn, Inspection};
pub use automations::automation::{AutomationInput, Source};
pub use automations::runs::RunMessage;
pub use pipeline::batch_file::{BatchHeader, BatchReader, BatchWriter, MappedColumn, RowContent};
pub use pipeline::batches::{Limits, ParsedFile, ReadBatch, read_file};
pub use pipeline::check_rows::check_rows;
pub use pipeline::messages::{BatchMessage, FinishMessage};
pub use pipeline::open_file::{OpenFile, open_file};
