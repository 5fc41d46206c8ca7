//! The table of a domain's functions.

use crate::{Entry, Permission};

/// One Lambda function: a line of the table.
pub struct Function {
    /// `<domain>.<function>`: its SAM `Handler`, the value of `_HANDLER`.
    pub name: &'static str,
    /// What it does, in a sentence, from the comment above its line.
    pub summary: &'static str,
    /// What makes it run.
    pub trigger: Trigger,
    /// Makes the entry that runs it.
    pub entry: fn() -> Entry,
}

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

/// The kind of a request, for the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// One thing at a time.
    Standard,
    /// Many things at once: an import, an export, a list of changes.
    Bulk,
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

/// Declares a domain's functions: `pub const FUNCTIONS: &[Function]`, and a module for each.
///
/// ```ignore
/// functions! {
///     /// Lists the products.
///     http(GET, "/v1/products", Permission::ProductsRead) => list_products,
///     /// Changes many products at once; counts on the limit for bulk operations.
///     bulk(POST, "/v1/products/bulk", Permission::ProductsWrite) => bulk_edit,
///     /// Writes a batch of rows.
///     queue("import-batches") => apply,
///     /// Reads a file.
///     objects("import-files") => parse,
///     /// Resumes what is stuck.
///     schedule("rate(1 minute)") => sweep,
///     /// Migrates the databases.
///     direct => migrate,
/// }
/// ```
/// Each function `f` is `pub async fn f` in the file `f.rs`.
#[macro_export]
macro_rules! functions {
    ($( $(#[doc = $summary:literal])* $kind:ident $(( $($argument:expr),* ))? => $handler:ident ),* $(,)?) => {
        $(mod $handler;)*
        $(pub use $handler::$handler;)*

        /// The functions of this domain.
        pub const FUNCTIONS: &[$crate::Function] = &[
            $($crate::Function {
                name: concat!(env!("CARGO_PKG_NAME"), ".", stringify!($handler)),
                summary: concat!($($summary),*).trim_ascii(),
                trigger: $crate::functions!(@trigger $kind $(( $($argument),* ))?),
                entry: || $crate::functions!(@entry $kind $handler),
            },)*
        ];
    };
    (@trigger http($method:expr, $path:expr, $permission:expr)) => {
        $crate::Trigger::Http { method: $method, path: $path, permission: $permission, rate: $crate::Rate::Standard }
    };
    (@trigger bulk($method:expr, $path:expr, $permission:expr)) => {
        $crate::Trigger::Http { method: $method, path: $path, permission: $permission, rate: $crate::Rate::Bulk }
    };
    (@trigger queue($name:expr)) => { $crate::Trigger::Queue($name) };
    (@trigger objects($name:expr)) => { $crate::Trigger::Objects($name) };
    (@trigger schedule($rate:expr)) => { $crate::Trigger::Schedule($rate) };
    (@trigger direct) => { $crate::Trigger::Direct };
    (@entry http $handler:ident) => { $crate::Entry::http($handler) };
    (@entry bulk $handler:ident) => { $crate::Entry::http($handler) };
    (@entry queue $handler:ident) => { $crate::Entry::queue($handler) };
    (@entry objects $handler:ident) => { $crate::Entry::objects($handler) };
    (@entry schedule $handler:ident) => { $crate::Entry::schedule($handler) };
    (@entry direct $handler:ident) => { $crate::Entry::direct($handler) };
}
