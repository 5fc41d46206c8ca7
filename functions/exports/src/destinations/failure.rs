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
        // An address that is refused stays refused.
        Self { hopeless: matches!(error, FetchError::Address(_)), why: error.message() }
    }
}

/// Why files could not be sent.
pub(crate) enum DeliveryError {
    /// The server or the destination is at fault.
    Failed(DeliveryFailure),
    /// We are at fault.
    Ours(Error),
}

impl From<Error> for DeliveryError {
    fn from(error: Error) -> Self {
        DeliveryError::Ours(error)
    }
}

impl From<DeliveryFailure> for DeliveryError {
    fn from(failed: DeliveryFailure) -> Self {
        DeliveryError::Failed(failed)
    }
}
