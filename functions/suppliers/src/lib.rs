//! Where products come from: suppliers, what they offer, how their files are read.

use runtime::{Method, Permission, functions};

pub use self::suppliers::fields::SupplierFields;

functions! {
    suppliers [fields] {
        /// Lists suppliers, the oldest first.
        http(Method::GET, "/v1/suppliers", Permission::SuppliersRead) => list_suppliers,
        /// Makes a supplier.
        http(Method::POST, "/v1/suppliers", Permission::SuppliersWrite) => create_supplier,
        /// Gives one supplier.
        http(Method::GET, "/v1/suppliers/{id}", Permission::SuppliersRead) => get_supplier,
        /// Changes a supplier.
        http(Method::PATCH, "/v1/suppliers/{id}", Permission::SuppliersWrite) => change_supplier,
        /// Archives a supplier.
        http(Method::POST, "/v1/suppliers/{id}/archive", Permission::SuppliersWrite) => archive_supplier,
        /// Brings an archived supplier back.
        http(Method::POST, "/v1/suppliers/{id}/unarchive", Permission::SuppliersWrite) => unarchive_supplier,
        /// Merges a supplier into another one.
        bulk(Method::POST, "/v1/suppliers/{id}/merge", Permission::SuppliersDelete) => merge_supplier,
        /// Deletes a supplier that has no products.
        http(Method::DELETE, "/v1/suppliers/{id}", Permission::SuppliersDelete) => delete_supplier,
    }
    offers [ranking] {
        /// Lists what suppliers offer of a product, the best one marked.
        http(Method::GET, "/v1/products/{id}/offers", Permission::SuppliersRead) => list_offers,
        /// Makes the best offer the product's own.
        http(Method::POST, "/v1/products/{id}/offers/choose", Permission::ProductsWrite) => choose_offer,
        /// Sets a supplier's offer of a product.
        http(Method::PUT, "/v1/suppliers/{id}/offers/{key}", Permission::SuppliersWrite) => put_offer,
        /// Takes a supplier's offer of a product away.
        http(Method::DELETE, "/v1/suppliers/{id}/offers/{key}", Permission::SuppliersWrite) => delete_offer,
    }
    mappings {
        /// Lists how a supplier's files are read.
        http(Method::GET, "/v1/suppliers/{id}/mappings", Permission::TemplatesRead) => list_mappings,
        /// Keeps how a supplier's files are read.
        http(Method::PUT, "/v1/suppliers/{id}/mappings/{key}", Permission::TemplatesWrite) => put_mapping,
        /// Deletes a mapping.
        http(Method::DELETE, "/v1/suppliers/{id}/mappings/{key}", Permission::TemplatesDelete) => delete_mapping,
    }
}
