//! Suppliers, their offers, and the mappings of their files.

use runtime::{Method, Permission, functions};

pub use self::suppliers::fields::SupplierFields;

functions! {
    suppliers [fields] {
        /// Lists suppliers, the oldest first.
        http(Method::GET, "/v1/suppliers", Permission::SuppliersRead) => list_suppliers,
        /// Creates a supplier.
        http(Method::POST, "/v1/suppliers", Permission::SuppliersWrite) => create_supplier,
        /// Returns one supplier.
        http(Method::GET, "/v1/suppliers/{id}", Permission::SuppliersRead) => get_supplier,
        /// Changes a supplier.
        http(Method::PATCH, "/v1/suppliers/{id}", Permission::SuppliersWrite) => change_supplier,
        /// Archives a supplier.
        http(Method::POST, "/v1/suppliers/{id}/archive", Permission::SuppliersWrite) => archive_supplier,
        /// Restores an archived supplier.
        http(Method::POST, "/v1/suppliers/{id}/unarchive", Permission::SuppliersWrite) => unarchive_supplier,
        /// Merges a supplier into another one.
        bulk(Method::POST, "/v1/suppliers/{id}/merge", Permission::SuppliersDelete) => merge_supplier,
        /// Deletes a supplier that has no products.
        http(Method::DELETE, "/v1/suppliers/{id}", Permission::SuppliersDelete) => delete_supplier,
    }
    offers [ranking] {
        /// Lists the suppliers' offers of a product. The best one is marked.
        http(Method::GET, "/v1/products/{id}/offers", Permission::SuppliersRead) => list_offers,
        /// Applies the best offer to the product.
        http(Method::POST, "/v1/products/{id}/offers/choose", Permission::ProductsWrite) => choose_offer,
        /// Sets a supplier's offer of a product.
        http(Method::PUT, "/v1/suppliers/{id}/offers/{key}", Permission::SuppliersWrite) => put_offer,
        /// Deletes a supplier's offer of a product.
        http(Method::DELETE, "/v1/suppliers/{id}/offers/{key}", Permission::SuppliersWrite) => delete_offer,
    }
    mappings {
        /// Lists a supplier's mappings.
        http(Method::GET, "/v1/suppliers/{id}/mappings", Permission::TemplatesRead) => list_mappings,
        /// Saves a mapping: how a supplier's files are read.
        http(Method::PUT, "/v1/suppliers/{id}/mappings/{key}", Permission::TemplatesWrite) => put_mapping,
        /// Deletes a mapping.
        http(Method::DELETE, "/v1/suppliers/{id}/mappings/{key}", Permission::TemplatesDelete) => delete_mapping,
    }
}
