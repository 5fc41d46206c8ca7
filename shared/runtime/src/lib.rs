//! What turns a typed async fn into a Lambda function.
//!
//! A domain's library states its functions in one table, [`functions!`]. Its executable calls [`main()`], which runs
//! the entry that `_HANDLER` names. Handlers are plain async fns over plain types; everything of Lambda, API Gateway
//! and SQS stays in this crate. The same table feeds the OpenAPI document, the check of `template.yaml` and the
//! tenancy test.

mod caller;
mod cx;
mod dispatch;
mod entry;
mod env;
mod error;
mod executable;
mod function;
mod http;
mod limits;
mod logs;
pub mod openapi;
mod page;
mod permission;
mod queue;

pub use caller::{Actor, Admit, Admitted, Caller, Person, TenantId};
pub use cx::{App, Cx, Resource};
pub use dispatch::{Dispatch, UnknownHandler};
pub use entry::{BoxFuture, DirectHandler, Entry, HttpHandler, QueueHandler};
pub use env::{Env, EnvError};
pub use error::{Error, FieldError, Result};
pub use executable::main;
pub use function::{Function, Method, Rate, Trigger};
pub use http::{
    Accepted, Body, Created, Found, HttpReply, HttpRequest, IdempotencyKey, IfMatch, Input, Key, NoContent, Output,
    Path, Query, Versioned,
};
pub use limits::{Limits, Usage, Window};
pub use logs::{Metric, Unit, emit_metrics, error as log_error};
pub use page::{Cursor, Page, PageQuery};
pub use permission::{Permission, PermissionSet, Role, permissions_document};
pub use queue::ObjectCreated;
