//! Where products come from.

use runtime::{Method, Permission, functions};

functions! {
    /// Lists suppliers, the oldest first.
    http(Method::GET, "/v1/suppliers", Permission::SuppliersRead) => list_suppliers,
}
