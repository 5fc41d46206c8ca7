//! `db_suppliers`: where products come from, what is offered, how files are read.

mod automation_runs;
mod automations;
mod mappings;
mod merging;
mod offers;
mod suppliers;

pub use automations::{Automation, AutomationRun, AutomationState, NewAutomation, RunEnd};
pub use mappings::{SavedMapping, SavedMappingDefinition};
pub use offers::{NewOffer, Offer};
pub use suppliers::{Contact, Supplier, SupplierDetails};

db_tenancy::database!(
    /// The suppliers' database.
    SuppliersDb,
    "db_suppliers",
    "../../../migrations/suppliers"
);
