//! `db_imports`: import and export jobs, their batches, errors and events, and the outbox.

mod events;
mod requests;

/// Exports: their jobs, files, destinations and schedules.
mod exports {
    pub(crate) mod deliveries;
    pub(crate) mod destinations;
    pub(crate) mod job;
    pub(crate) mod jobs;
    pub(crate) mod schedules;
    pub(crate) mod templates;
}

/// Imports: their jobs and batches.
mod imports {
    pub(crate) mod batch_record;
    pub(crate) mod batches;
    pub(crate) mod earlier_imports;
    pub(crate) mod finish;
    pub(crate) mod job;
    pub(crate) mod jobs;
    pub(crate) mod options;
    pub(crate) mod row_issues;
    pub(crate) mod transitions;
}

pub use events::JobEvent;
pub use exports::deliveries::{DueDelivery, ExportDelivery};
pub use exports::destinations::{Destination, NewDestination};
pub use exports::job::ExportJob;
pub use exports::job::{ExportFile, LeftOutReason};
pub use exports::jobs::{ExportResult, NewExport};
pub use exports::schedules::{ExportSchedule, NewSchedule};
pub use exports::templates::{ExportTemplate, NamedAmazonTemplate, NewTemplate, TemplateVersion};
pub use imports::batch_record::BatchRecord;
pub use imports::batches::{NewBatch, ReadRows};
pub use imports::earlier_imports::RejectedValue;
pub use imports::job::{ImportJob, ImportProgress, ImportStatus, ImportTotals, NewImport, Run};
pub use imports::jobs::ParseClaim;
pub use imports::options::{FileLayout, FileNotice, Guards, ImportOptions, SizeLimits};
pub use imports::row_issues::RowReport;
pub use imports::transitions::Restart;

db_tenancy::database!(
    /// The database of import and export jobs.
    ImportsDb,
    "db_imports",
    "../../../migrations/imports"
);
