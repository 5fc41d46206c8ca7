//! Why a delivery failed, and how long a file may take.

use std::time::Duration;

/// A file may take so long; all of a delivery together are done within the function's time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Why a delivery failed, for people; `hopeless` when trying again cannot help.
pub(crate) struct DeliveryFailure {
    pub(crate) why: String,
    pub(crate) hopeless: bool,
}

impl DeliveryFailure {
    pub(crate) fn new(why: impl ToString) -> Self {
        Self { why: why.to_string(), hopeless: false }
    }
}
