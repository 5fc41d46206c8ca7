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

/// How requests are admitted. Each executable passes it to [`crate::main()`].
#[derive(Clone, Copy)]
pub struct Admission {
    /// Admits a request.
    pub admit: Admit,
    /// Opens, side by side, what the first request will need. It runs when a process starts that serves requests with a
    /// caller, while the process asks for the first of them. What cannot be opened is opened again by the request, which
    /// then reports it.
    pub prepare: fn(Cx) -> BoxFuture<'static, ()>,
}
