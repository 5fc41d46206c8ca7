//! Turns typed async functions into Lambda functions.
//!
//! The library of a domain declares its functions in one table, [`functions!`]. Its executable calls [`main()`], which
//! runs the entry that `_HANDLER` names. Handlers are plain async functions over plain types; everything about Lambda,
//! API Gateway and SQS stays in this crate. The OpenAPI document, the routes of the API's stack, the check of the
//! domains' templates and the tenancy test are made from the same table.

mod cx;
mod env;
mod error;
mod logs;
mod page;

/// Callers, their permissions and their limits.
mod access {
    pub(crate) mod admit;
    pub(crate) mod caller;
    pub(crate) mod limits;
    pub(crate) mod permission;
}

/// Requests and answers, based on `lambda_http`.
mod http {
    pub(crate) mod input;
    pub(crate) mod output;
    pub(crate) mod reply;
    pub(crate) mod request;
    pub(crate) mod value_error;
}

/// The functions of a domain, and how they are run.
mod lambda {
    pub(crate) mod dispatch;
    pub(crate) mod entry;
    pub(crate) mod executable;
    pub(crate) mod function;
    pub(crate) mod objects;
    pub(crate) mod queue;
    pub(crate) mod trigger;
}

/// The OpenAPI document, generated from the function tables.
pub mod openapi {
    pub(crate) mod document;
    pub(crate) mod operation;

    pub use document::document;
    pub use operation::Operation;
}

pub use access::admit::{Admission, Admit, Admitted};
pub use access::caller::{Actor, Caller, Person, TenantId};
pub use access::limits::{Limits, Rate, Usage, Window};
pub use access::permission::{NotHeld, Permission, PermissionSet, Role, permissions_document};
pub use cx::{App, Cx, Resource};
pub use env::{Env, EnvError};
pub use error::{Error, FieldError, Result};
pub use futures::future::BoxFuture;
pub use http::input::{Body, IdempotencyKey, IfMatch, Input, Key, Path, Query};
pub use http::output::{Accepted, Created, Found, NoContent, Output, Versioned};
pub use http::reply::HttpReply;
pub use http::request::HttpRequest;
pub use http::value_error::ValueError;
pub use lambda::dispatch::{Dispatch, UnknownHandler};
pub use lambda::entry::{DirectHandler, Entry, HttpHandler, QueueHandler};
pub use lambda::executable::main;
pub use lambda::function::Function;
pub use lambda::objects::ObjectCreated;
pub use lambda::trigger::{Method, Trigger};
pub use logs::{Metric, Unit, emit_metrics, error as log_error};
pub use page::{Cursor, Page, PageQuery};
