//! `db_suppliers`: suppliers, their offers, the mappings of their files, and the automations that fetch the files.

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
