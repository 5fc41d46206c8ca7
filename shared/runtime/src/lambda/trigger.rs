//! What makes functions run.

use crate::access::limits::Rate;
use crate::access::permission::Permission;

/// What makes a function run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A request to the API.
    Http {
        /// The method.
        method: Method,
        /// The path below the stage, with `{parameters}`.
        path: &'static str,
        /// What the caller must hold.
        permission: Permission,
        /// Which of the organisation's limits it counts on.
        rate: Rate,
    },
    /// Messages of the SQS queue with this name.
    Queue(&'static str),
    /// Objects created in S3, told through the SQS queue with this name.
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
    /// The method's name.
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
