//! The table of a domain's functions.

use crate::lambda::entry::Entry;
use crate::lambda::trigger::Trigger;

/// A Lambda function: one line of the table.
pub struct Function {
    /// `<domain>.<function>`: its SAM `Handler`, the value of `_HANDLER`.
    pub name: &'static str,
    /// The path of its handler's file, relative to the root of the project.
    pub file: &'static str,
    /// What it does, in a sentence: the comment above its line.
    pub summary: &'static str,
    /// What starts it.
    pub trigger: Trigger,
    /// Returns the entry that calls it.
    pub entry: fn() -> Entry,
}

/// Declares a domain's functions: `pub const FUNCTIONS: &[Function]`, and a module for each.
///
/// ```ignore
/// functions! {
///     products [input] {
///         /// Lists the products.
///         http(Method::GET, "/v1/products", Permission::ProductsRead) => list_products,
///         /// Changes many products at once; counts on the limit for bulk operations.
///         bulk(Method::POST, "/v1/products/bulk", Permission::ProductsWrite) => bulk_edit,
///     }
///     pipeline {
///         /// Writes a batch of rows.
///         queue("imports-batches") => apply_batch,
///         /// Reads a file.
///         objects("import-files") => parse_file,
///         /// Resumes what is stuck.
///         schedule("rate(1 minute)") => sweep,
///         /// Migrates the databases.
///         direct => migrate,
///     }
/// }
/// ```
/// A group is a folder: the function `f` of the group `products` is `pub async fn f` in `products/f.rs`. The modules in
/// brackets, such as `products/input.rs`, contain the code that the functions of the group share. A small domain has no
/// groups; then `f` is in `f.rs`.
#[macro_export]
macro_rules! functions {
    ($( $(#[doc = $summary:literal])* $kind:ident $(( $($argument:expr),* ))? => $handler:ident ),* $(,)?) => {
        $(mod $handler;)*
        $(pub use self::$handler::$handler;)*

        /// The functions of this domain.
        pub const FUNCTIONS: &[$crate::Function] = &[
            $($crate::functions!(@function concat!(stringify!($handler), ".rs"), concat!($($summary),*), $kind $(( $($argument),* ))?, $handler),)*
        ];
    };
    ($( $group:ident $([ $($shared:ident),* $(,)? ])? {
        $( $(#[doc = $summary:literal])* $kind:ident $(( $($argument:expr),* ))? => $handler:ident ),* $(,)?
    } )*) => {
        $(
            mod $group {
                $($(pub(crate) mod $shared;)*)?
                $(mod $handler;)*
                $(pub use self::$handler::$handler;)*
            }
            $(pub use self::$group::$handler;)*
        )*

        /// The functions of this domain.
        pub const FUNCTIONS: &[$crate::Function] = &[
            $($($crate::functions!(@function concat!(stringify!($group), "/", stringify!($handler), ".rs"), concat!($($summary),*), $kind $(( $($argument),* ))?, $handler),)*)*
        ];
    };
    (@function $file:expr, $summary:expr, $kind:ident $(( $($argument:expr),* ))?, $handler:ident) => {
        $crate::Function {
            name: concat!(env!("CARGO_PKG_NAME"), ".", stringify!($handler)),
            file: concat!("functions/", env!("CARGO_PKG_NAME"), "/src/", $file),
            summary: $summary.trim_ascii(),
            trigger: $crate::functions!(@trigger $kind $(( $($argument),* ))?),
            entry: || $crate::functions!(@entry $kind $handler),
        }
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
