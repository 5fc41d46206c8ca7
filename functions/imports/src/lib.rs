//! Imports supplier files into the catalogue.
//!
//! ```text
//! POST /v1/imports -> upload to S3 -> SQS import-files -> parse -> SQS import-batches -> apply (several at once)
//!                                                                       -> SQS import-finish -> finish -> event
//! ```
//! A preview uses the same steps: `apply` does everything, rolls it back, and notes what would have happened to each
//! row. `finish` checks the guards. Then the import waits, is held, or goes through its batches once more and writes
//! them.
//!
//! Every step may be repeated: `parse` writes the same batches again, `apply` finds that a batch is already written,
//! and `finish` finds that the import is complete. `sweep` searches imports that stopped, and continues or ends them.

use runtime::{Method, Permission, functions};

functions! {
    imports [choices, inspection, restart, upload] {
        /// Creates an import. Returns the address to which the file is to be uploaded.
        bulk(Method::POST, "/v1/imports", Permission::ImportsWrite) => create_import,
        /// Lists imports, the newest first.
        http(Method::GET, "/v1/imports", Permission::ImportsRead) => list_imports,
        /// Returns one import: status, progress, totals, times.
        http(Method::GET, "/v1/imports/{id}", Permission::ImportsRead) => get_import,
        /// Lists the errors and notices of an import's rows, in the file's order.
        http(Method::GET, "/v1/imports/{id}/errors", Permission::ImportsRead) => list_errors,
        /// Lists the history of an import.
        http(Method::GET, "/v1/imports/{id}/events", Permission::ImportsRead) => list_events,
        /// Inspects an uploaded file: what it is, the reasons, and the suggested mapping of its columns.
        http(Method::POST, "/v1/imports/{id}/inspect", Permission::ImportsWrite) => inspect_import,
        /// Previews an import: finds out what every row would do.
        bulk(Method::POST, "/v1/imports/{id}/preview", Permission::ImportsWrite) => preview_import,
        /// Lists what every row of an import would do.
        http(Method::GET, "/v1/imports/{id}/preview", Permission::ImportsRead) => list_preview,
        /// Returns the whole preview as a file.
        bulk(Method::GET, "/v1/imports/{id}/preview/download", Permission::ImportsRead) => download_preview,
        /// Applies an import that was previewed, is held by a guard, or is uploaded.
        bulk(Method::POST, "/v1/imports/{id}/apply", Permission::ImportsWrite) => apply_import,
        /// Stops an import.
        http(Method::POST, "/v1/imports/{id}/cancel", Permission::ImportsWrite) => cancel_import,
        /// Undoes an import.
        bulk(Method::POST, "/v1/imports/{id}/undo", Permission::ImportsDelete) => undo_import,
        /// Resumes an import that ended because of a fault on our side.
        http(Method::POST, "/v1/imports/{id}/resume", Permission::ImportsStart) => resume_import,
    }
    automations [automation, fetch, inbound_mail, runs] {
        /// Lists automations, the newest first.
        http(Method::GET, "/v1/automations", Permission::ImportsRead) => list_automations,
        /// Creates an automation, which imports the files of a supplier by itself.
        http(Method::POST, "/v1/automations", Permission::ImportsManage) => create_automation,
        /// Returns one automation.
        http(Method::GET, "/v1/automations/{id}", Permission::ImportsRead) => get_automation,
        /// Changes, pauses or resumes an automation.
        http(Method::PUT, "/v1/automations/{id}", Permission::ImportsManage) => put_automation,
        /// Deletes an automation.
        http(Method::DELETE, "/v1/automations/{id}", Permission::ImportsManage) => delete_automation,
        /// Tests the connection of an automation.
        bulk(Method::POST, "/v1/automations/{id}/test", Permission::ImportsManage) => test_automation,
        /// Starts a run of an automation now.
        bulk(Method::POST, "/v1/automations/{id}/run", Permission::ImportsStart) => start_automation,
        /// Lists the runs of an automation and their results.
        http(Method::GET, "/v1/automations/{id}/runs", Permission::ImportsRead) => list_automation_runs,
        /// Runs an automation: fetches its files, and imports the new ones.
        queue("imports-automation-runs") => run_automation,
        /// Imports files that arrived by mail or in an automation's folder.
        objects("inbox-files") => receive_file,
        /// Starts automations that are due.
        schedule("rate(1 minute)") => tick_automations,
    }
    pipeline [batch_file, batches, check_rows, guards, messages, open_file, repeated_codes, report] {
        /// Reads an uploaded file and cuts it into batches.
        objects("import-files") => parse_file,
        /// Writes a batch to the catalogue, or previews it.
        queue("imports-batches") => apply_batch,
        /// Checks the guards, or writes the report and completes the import.
        queue("imports-finish") => finish_import,
        /// Resumes or ends imports that stopped, and publishes events that were not published.
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
