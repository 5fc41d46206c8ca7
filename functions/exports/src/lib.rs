//! The catalogue into files for the channels, by hand and by schedule, and on to whoever waits for them.
//!
//! ```text
//! POST /v1/exports ─▶ up to 1,000 products at once, else SQS exports ─▶ run ─▶ files in S3 ─▶ SQS deliveries ─▶ deliver
//! tick, once a minute ─▶ what is due ─▶ SQS exports            sweep, once a minute ─▶ what stopped, what is tried again
//! ```

use runtime::{Method, Permission, functions};

functions! {
    exports [links, request, spec, view] {
        /// Begins an export. Up to 1,000 products it is done in the answer; more are exported in the background.
        bulk(Method::POST, "/v1/exports", Permission::ExportsWrite) => create_export,
        /// Lists exports, the newest first.
        http(Method::GET, "/v1/exports", Permission::ExportsRead) => list_exports,
        /// Gives one export: status, progress, files and their links, deliveries.
        http(Method::GET, "/v1/exports/{id}", Permission::ExportsRead) => get_export,
        /// Cancels an export that is under way.
        http(Method::POST, "/v1/exports/{id}/cancel", Permission::ExportsWrite) => cancel_export,
        /// Lists what happened to an export.
        http(Method::GET, "/v1/exports/{id}/events", Permission::ExportsRead) => list_events,
        /// Delivers a completed export to a destination, once more if it was delivered before.
        bulk(Method::POST, "/v1/exports/{id}/deliveries", Permission::ExportsWrite) => create_delivery,
        /// Leads to a file by a link from a mail or a webhook.
        http(Method::GET, "/v1/files/{key}", Permission::Public) => open_file,
        /// Lists the layouts: formats, files, columns, and what a mapping can name.
        http(Method::GET, "/v1/export-layouts", Permission::ExportsRead) => list_layouts,
    }
    templates [input] {
        /// Lists the templates, and those that there are from the beginning.
        http(Method::GET, "/v1/export-templates", Permission::ExportsRead) => list_templates,
        /// Saves a template.
        http(Method::POST, "/v1/export-templates", Permission::ExportsWrite) => create_template,
        /// Gives one template.
        http(Method::GET, "/v1/export-templates/{id}", Permission::ExportsRead) => get_template,
        /// Changes a template.
        http(Method::PUT, "/v1/export-templates/{id}", Permission::ExportsWrite) => put_template,
        /// Deletes a template.
        http(Method::DELETE, "/v1/export-templates/{id}", Permission::ExportsWrite) => delete_template,
        /// Copies a template.
        http(Method::POST, "/v1/export-templates/{id}/copy", Permission::ExportsWrite) => copy_template,
        /// Lists what a template was, the newest version first.
        http(Method::GET, "/v1/export-templates/{id}/versions", Permission::ExportsRead) => list_template_versions,
    }
    amazon [upload] {
        /// Lists the templates of Amazon that were uploaded.
        http(Method::GET, "/v1/amazon-templates", Permission::ExportsRead) => list_amazon_templates,
        /// Gives the right to upload a template's workbook.
        http(Method::POST, "/v1/amazon-templates/uploads", Permission::ExportsWrite) => create_amazon_upload,
        /// Takes a template of Seller Central, as text or as the workbook that was uploaded.
        http(Method::POST, "/v1/amazon-templates", Permission::ExportsWrite) => create_amazon_template,
        /// Deletes a template of Amazon.
        http(Method::DELETE, "/v1/amazon-templates/{id}", Permission::ExportsWrite) => delete_amazon_template,
    }
    schedules [begin, schedule] {
        /// Lists the schedules.
        http(Method::GET, "/v1/export-schedules", Permission::ExportsRead) => list_schedules,
        /// Makes a schedule.
        http(Method::POST, "/v1/export-schedules", Permission::ExportsManage) => create_schedule,
        /// Gives one schedule, with its next five times.
        http(Method::GET, "/v1/export-schedules/{id}", Permission::ExportsRead) => get_schedule,
        /// Changes a schedule, pauses it and lets it go on.
        http(Method::PUT, "/v1/export-schedules/{id}", Permission::ExportsManage) => put_schedule,
        /// Deletes a schedule.
        http(Method::DELETE, "/v1/export-schedules/{id}", Permission::ExportsManage) => delete_schedule,
        /// Runs a schedule now.
        bulk(Method::POST, "/v1/export-schedules/{id}/run", Permission::ExportsWrite) => run_schedule,
        /// Begins the exports that are due.
        schedule("rate(1 minute)") => start_scheduled,
    }
    destinations [bucket, delivery, destination, failure] {
        /// Lists the destinations.
        http(Method::GET, "/v1/export-destinations", Permission::ExportsRead) => list_destinations,
        /// Makes a destination.
        http(Method::POST, "/v1/export-destinations", Permission::ExportsManage) => create_destination,
        /// Changes a destination.
        http(Method::PUT, "/v1/export-destinations/{id}", Permission::ExportsManage) => put_destination,
        /// Deletes a destination.
        http(Method::DELETE, "/v1/export-destinations/{id}", Permission::ExportsManage) => delete_destination,
        /// Tries a destination.
        bulk(Method::POST, "/v1/export-destinations/{id}/test", Permission::ExportsManage) => test_destination,
        /// Sends the files of an export to a destination.
        queue("exports-deliveries") => deliver_files,
    }
    pipeline [files, images, items, messages, report, run_export, write] {
        /// Writes the files of an export.
        queue("exports-runs") => write_export,
        /// Resumes or ends exports that stopped, sends deliveries that are due, and publishes events that were left.
        schedule("rate(1 minute)") => sweep,
    }
}
