//! Exports: writes the catalogue as files for the channels, by hand and by schedule, and delivers them to destinations.
//!
//! ```text
//! POST /v1/exports ─▶ up to 1,000 products at once, else SQS exports ─▶ run ─▶ files in S3 ─▶ SQS deliveries ─▶ deliver
//! tick, once a minute ─▶ due schedules ─▶ SQS exports          sweep, once a minute ─▶ stalled exports, deliveries to retry
//! ```

use runtime::{Method, Permission, functions};

functions! {
    exports [links, request, spec, view] {
        /// Begins an export. Up to 1,000 products are exported before the answer; more are exported in the background.
        bulk(Method::POST, "/v1/exports", Permission::ExportsWrite) => create_export,
        /// Lists the exports, the newest first.
        http(Method::GET, "/v1/exports", Permission::ExportsRead) => list_exports,
        /// Returns one export: status, progress, files with their links, deliveries.
        http(Method::GET, "/v1/exports/{id}", Permission::ExportsRead) => get_export,
        /// Cancels an export that is queued or running.
        http(Method::POST, "/v1/exports/{id}/cancel", Permission::ExportsWrite) => cancel_export,
        /// Lists the events of an export, the oldest first.
        http(Method::GET, "/v1/exports/{id}/events", Permission::ExportsRead) => list_events,
        /// Delivers a completed export to a destination; an earlier delivery is repeated.
        bulk(Method::POST, "/v1/exports/{id}/deliveries", Permission::ExportsWrite) => create_delivery,
        /// Redirects to the file of a link from a mail or a webhook.
        http(Method::GET, "/v1/files/{key}", Permission::Public) => open_file,
        /// Lists the layouts: formats, files, columns, and the fields that a mapping can name.
        http(Method::GET, "/v1/export-layouts", Permission::ExportsRead) => list_layouts,
    }
    templates [input] {
        /// Lists the templates of the organisation and the predefined ones.
        http(Method::GET, "/v1/export-templates", Permission::ExportsRead) => list_templates,
        /// Creates a template.
        http(Method::POST, "/v1/export-templates", Permission::ExportsWrite) => create_template,
        /// Returns one template.
        http(Method::GET, "/v1/export-templates/{id}", Permission::ExportsRead) => get_template,
        /// Updates a template.
        http(Method::PUT, "/v1/export-templates/{id}", Permission::ExportsWrite) => put_template,
        /// Deletes a template.
        http(Method::DELETE, "/v1/export-templates/{id}", Permission::ExportsWrite) => delete_template,
        /// Copies a template.
        http(Method::POST, "/v1/export-templates/{id}/copy", Permission::ExportsWrite) => copy_template,
        /// Lists the earlier versions of a template, the newest first.
        http(Method::GET, "/v1/export-templates/{id}/versions", Permission::ExportsRead) => list_template_versions,
    }
    amazon [upload] {
        /// Lists the uploaded templates of Amazon.
        http(Method::GET, "/v1/amazon-templates", Permission::ExportsRead) => list_amazon_templates,
        /// Creates an upload for the workbook of a template.
        http(Method::POST, "/v1/amazon-templates/uploads", Permission::ExportsWrite) => create_amazon_upload,
        /// Creates a template of Amazon from Seller Central's text or from an uploaded workbook.
        http(Method::POST, "/v1/amazon-templates", Permission::ExportsWrite) => create_amazon_template,
        /// Deletes a template of Amazon.
        http(Method::DELETE, "/v1/amazon-templates/{id}", Permission::ExportsWrite) => delete_amazon_template,
    }
    schedules [begin, schedule] {
        /// Lists the schedules.
        http(Method::GET, "/v1/export-schedules", Permission::ExportsRead) => list_schedules,
        /// Creates a schedule.
        http(Method::POST, "/v1/export-schedules", Permission::ExportsManage) => create_schedule,
        /// Returns one schedule, with its next five runs.
        http(Method::GET, "/v1/export-schedules/{id}", Permission::ExportsRead) => get_schedule,
        /// Updates, pauses or resumes a schedule.
        http(Method::PUT, "/v1/export-schedules/{id}", Permission::ExportsManage) => put_schedule,
        /// Deletes a schedule.
        http(Method::DELETE, "/v1/export-schedules/{id}", Permission::ExportsManage) => delete_schedule,
        /// Runs a schedule now.
        bulk(Method::POST, "/v1/export-schedules/{id}/run", Permission::ExportsWrite) => run_schedule,
        /// Begins the exports of the schedules that are due.
        schedule("rate(1 minute)") => start_scheduled,
    }
    destinations [bucket, delivery, destination, failure] {
        /// Lists the destinations.
        http(Method::GET, "/v1/export-destinations", Permission::ExportsRead) => list_destinations,
        /// Creates a destination.
        http(Method::POST, "/v1/export-destinations", Permission::ExportsManage) => create_destination,
        /// Updates a destination.
        http(Method::PUT, "/v1/export-destinations/{id}", Permission::ExportsManage) => put_destination,
        /// Deletes a destination.
        http(Method::DELETE, "/v1/export-destinations/{id}", Permission::ExportsManage) => delete_destination,
        /// Tests a destination.
        bulk(Method::POST, "/v1/export-destinations/{id}/test", Permission::ExportsManage) => test_destination,
        /// Sends the files of an export to a destination.
        queue("exports-deliveries") => deliver_files,
    }
    pipeline [files, images, items, messages, report, run_export, write] {
        /// Writes the files of an export.
        queue("exports-runs") => write_export,
        /// Resumes or ends stalled exports, sends due deliveries, and publishes the events that are still unpublished.
        schedule("rate(1 minute)") => sweep,
    }
}
