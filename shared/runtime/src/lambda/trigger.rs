//! Triggers of functions.

use crate::access::limits::Rate;
use crate::access::permission::Permission;

/// What starts a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A request to the API.
    Http {
        /// The method.
        method: Method,
        /// The path below the stage, with `{parameters}`.
        path: &'static str,
        /// The permission that the caller needs.
        permission: Permission,
        /// The organisation's limit on which it counts.
        rate: Rate,
    },
    /// Messages of the SQS queue with this name.
    Queue(&'static str),
    /// Objects created in S3, reported through the SQS queue with this name.
    Objects(&'static str),
    /// An EventBridge schedule such as `rate(1 minute)`.
    Schedule(&'static str),
    /// Invoked by name.
    Direct,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the methods' own names")]
pub enum Method {
    GET,
    POST,
    PUT,
    PATCH,
    DELETE,
}

impl Method {
    /// Returns the name of the method.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
        }
    }
}
