//! How a request is let in.

use futures::future::BoxFuture;

use crate::access::caller::Caller;
use crate::access::limits::{Rate, Usage};
use crate::cx::Cx;
use crate::error::Result;

/// A caller who was let in, and how much of the organisation's limits is used up.
pub struct Admitted {
    /// The caller.
    pub caller: Caller,
    /// The limits; none when they could not be counted.
    pub usage: Option<Usage>,
}

/// Turns a bearer token into its caller, and counts the request. Given to [`crate::main()`] by each executable, because
/// sessions, roles and counters are in databases, and databases are above this crate.
pub type Admit = fn(Cx, String, Rate) -> BoxFuture<'static, Result<Admitted>>;
