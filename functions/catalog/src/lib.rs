//! The tenant's catalogue.

use runtime::{Method, Permission, functions};

functions! {
    /// Lists products, the newest first.
    http(Method::GET, "/v1/products", Permission::ProductsRead) => list_products,
    /// Gives one product.
    http(Method::GET, "/v1/products/{id}", Permission::ProductsRead) => get_product,
}
