//! The catalogue into files for the channels.

mod write;

use runtime::{Method, Permission, functions};

functions! {
    /// Begins an export. Up to 1,000 products it is done in the answer; more are exported in the background.
    bulk(Method::POST, "/v1/exports", Permission::ExportsWrite) => create_export,
    /// Lists exports, the newest first.
    http(Method::GET, "/v1/exports", Permission::ExportsRead) => list_exports,
    /// Gives one export: status, progress, files and their links.
    http(Method::GET, "/v1/exports/{id}", Permission::ExportsRead) => get_export,
    /// Writes the files of an export.
    queue("exports") => run,
    /// Resumes or ends exports that stopped, and publishes events that were left.
    schedule("rate(1 minute)") => sweep,
}
