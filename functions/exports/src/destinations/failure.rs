//! Why a delivery failed, and how long a file may take.

use std::time::Duration;

use messages::Text;
use net::{FetchError, RemoteError};
use runtime::Error;

/// The longest time that one file may take. All files of a delivery together must fit into the function's time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Why a delivery failed, for people. `hopeless`: trying again cannot help.
pub(crate) struct DeliveryFailure {
    pub(crate) why: Text,
    pub(crate) hopeless: bool,
}

impl DeliveryFailure {
    /// A failure after which trying again can help.
    pub(crate) fn new(why: Text) -> Self {
        Self { why, hopeless: false }
    }
}

impl From<RemoteError> for DeliveryFailure {
    fn from(error: RemoteError) -> Self {
        Self::new(error.message())
    }
}

impl From<FetchError> for DeliveryFailure {
    fn from(error: FetchError) -> Self {
        Self::new(error.message())
    }
}

impl From<Error> for DeliveryFailure {
    fn from(error: Error) -> Self {
        Self::new(error.message())
    }
}
