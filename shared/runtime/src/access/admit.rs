//! The admission of requests.

use futures::future::BoxFuture;

use crate::access::caller::Caller;
use crate::access::limits::{Rate, Usage};
use crate::cx::Cx;
use crate::error::Result;

/// A caller who was admitted, and how much of the organisation's limits is used.
pub struct Admitted {
    /// The caller.
    pub caller: Caller,
    /// The use of the limits; `None` if the request could not be counted.
    pub usage: Option<Usage>,
}

/// Turns a bearer token into its caller, and counts the request. Each executable passes it to [`crate::main()`],
/// because sessions, roles and counters are in databases, and the crates of the databases depend on this crate.
pub type Admit = fn(Cx, String, Rate) -> BoxFuture<'static, Result<Admitted>>;
