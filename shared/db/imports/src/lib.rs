//! `db_imports`: import and export jobs, their batches, errors and events, and the outbox.

mod batch_record;
mod batches;
mod events;
mod export_deliveries;
mod export_destinations;
mod export_job;
mod export_schedules;
mod export_templates;
mod exports;
mod finish;
mod import_job;
mod jobs;
mod options;
mod row_issues;
mod steps;

pub use batch_record::BatchRecord;
pub use batches::{NewBatch, ReadRows};
pub use events::JobEvent;
pub use export_deliveries::{DueDelivery, ExportDelivery};
pub use export_destinations::{Destination, NewDestination};
pub use export_job::ExportJob;
pub use export_job::{ExportFile, LeftOutReason};
pub use export_schedules::{ExportSchedule, NewSchedule};
pub use export_templates::{ExportTemplate, NamedAmazonTemplate, NewTemplate, TemplateVersion};
pub use exports::{ExportResult, NewExport};
pub use import_job::{ImportJob, ImportProgress, ImportStatus, ImportTotals, NewImport, Run};
pub use options::{FileLayout, Guards, Hold, ImportOptions, SizeLimits};
pub use row_issues::RowReport;
pub use steps::{RejectedValue, Restart};

db_tenancy::database!(
    /// The jobs' database.
    ImportsDb,
    "db_imports",
    "../../../migrations/imports"
);
