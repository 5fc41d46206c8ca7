//! The tenant's catalogue: products, what describes and arranges them, their history and their completeness.
//!
//! Every write of products goes through `db_catalog`'s one way, imports included. Work on many products is a job: a row
//! that steps move on, done within the request when it is small, by [`run_job`] when it is large.

use runtime::{Method, Permission, functions};

pub use jobs::background::JobMessage;
pub use products::input::ProductFields;

functions! {
    products [associations, input] {
        /// Lists, filters, sorts and searches products.
        http(Method::GET, "/v1/products", Permission::ProductsRead) => list_products,
        /// Makes a product.
        http(Method::POST, "/v1/products", Permission::ProductsWrite) => create_product,
        /// Gives one product.
        http(Method::GET, "/v1/products/{id}", Permission::ProductsRead) => get_product,
        /// Changes a product.
        http(Method::PATCH, "/v1/products/{id}", Permission::ProductsWrite) => update_product,
        /// Moves a product into the trash, or deletes it for good from there.
        http(Method::DELETE, "/v1/products/{id}", Permission::ProductsDelete) => delete_product,
        /// Takes a product out of the trash.
        http(Method::POST, "/v1/products/{id}/restore", Permission::ProductsWrite) => restore_product,
        /// Makes a product like another one.
        http(Method::POST, "/v1/products/{id}/duplicate", Permission::ProductsWrite) => duplicate_product,
        /// Locks and unlocks fields of a product.
        http(Method::PUT, "/v1/products/{id}/locks", Permission::ProductsWrite) => lock_fields,
        /// Tells what happened to a product, field by field.
        http(Method::GET, "/v1/products/{id}/history", Permission::ProductsRead) => list_history,
        /// Tells where each value of a product comes from.
        http(Method::GET, "/v1/products/{id}/provenance", Permission::ProductsRead) => get_provenance,
        /// Puts fields of a product back to what they were before a change.
        http(Method::POST, "/v1/products/{id}/revert", Permission::ProductsWrite) => revert_product,
        /// Tells what a product lacks in each channel and language.
        http(Method::GET, "/v1/products/{id}/completeness", Permission::ProductsRead) => get_completeness,
        /// Gives the products that go with a product.
        http(Method::GET, "/v1/products/{id}/associations", Permission::ProductsRead) => get_associations,
        /// Sets the products that go with a product.
        http(Method::PATCH, "/v1/products/{id}/associations", Permission::ProductsWrite) => set_associations,
        /// Empties the trash after 30 days, and tends the history.
        schedule("rate(1 day)") => purge_trash,
    }
    jobs [background, input] {
        /// Shows what edits of many products would do.
        http(Method::POST, "/v1/products/bulk-edit/preview", Permission::ProductsWrite) => preview_bulk_edit,
        /// Edits many products.
        bulk(Method::POST, "/v1/products/bulk-edit", Permission::ProductsWrite) => bulk_edit,
        /// Moves many products into the trash.
        bulk(Method::POST, "/v1/products/bulk-trash", Permission::ProductsDelete) => bulk_trash,
        /// Takes many products out of the trash.
        bulk(Method::POST, "/v1/products/bulk-restore", Permission::ProductsWrite) => bulk_restore,
        /// Deletes many products of the trash for good.
        bulk(Method::POST, "/v1/products/bulk-purge", Permission::ProductsDelete) => bulk_purge,
        /// Lists jobs on many products.
        http(Method::GET, "/v1/catalog/jobs", Permission::ProductsRead) => list_jobs,
        /// Gives a job on many products.
        http(Method::GET, "/v1/catalog/jobs/{id}", Permission::ProductsRead) => get_job,
        /// Stops a job on many products.
        http(Method::POST, "/v1/catalog/jobs/{id}/cancel", Permission::ProductsWrite) => cancel_job,
        /// Puts back what a job on many products changed.
        bulk(Method::POST, "/v1/catalog/jobs/{id}/undo", Permission::ProductsWrite) => undo_job,
        /// Does the next products of a job.
        queue("catalog-bulk-jobs") => run_job,
        /// Resumes jobs that stopped.
        schedule("rate(1 minute)") => sweep,
    }
    categories [input] {
        /// Lists the tree of categories.
        http(Method::GET, "/v1/categories", Permission::ProductsRead) => list_categories,
        /// Makes a category.
        http(Method::POST, "/v1/categories", Permission::ProductsWrite) => create_category,
        /// Renames or moves a category.
        http(Method::PATCH, "/v1/categories/{id}", Permission::ProductsWrite) => change_category,
        /// Merges a category into another one.
        bulk(Method::POST, "/v1/categories/{id}/merge", Permission::ProductsWrite) => merge_category,
        /// Deletes a category.
        http(Method::DELETE, "/v1/categories/{id}", Permission::ProductsDelete) => delete_category,
    }
    attributes {
        /// Lists attributes.
        http(Method::GET, "/v1/attributes", Permission::ProductsRead) => list_attributes,
        /// Makes or changes an attribute.
        http(Method::PUT, "/v1/attributes/{key}", Permission::ProductsWrite) => put_attribute,
        /// Deletes an attribute that nothing uses.
        http(Method::DELETE, "/v1/attributes/{key}", Permission::ProductsDelete) => delete_attribute,
        /// Lists groups of attributes.
        http(Method::GET, "/v1/attribute-groups", Permission::ProductsRead) => list_attribute_groups,
        /// Makes or changes a group of attributes.
        http(Method::PUT, "/v1/attribute-groups/{key}", Permission::ProductsWrite) => put_attribute_group,
        /// Deletes a group of attributes.
        http(Method::DELETE, "/v1/attribute-groups/{key}", Permission::ProductsDelete) => delete_attribute_group,
        /// Lists families.
        http(Method::GET, "/v1/families", Permission::ProductsRead) => list_families,
        /// Makes or changes a family.
        http(Method::PUT, "/v1/families/{key}", Permission::ProductsWrite) => put_family,
        /// Deletes a family that no product has.
        http(Method::DELETE, "/v1/families/{key}", Permission::ProductsDelete) => delete_family,
    }
    tags [edits] {
        /// Lists tags.
        http(Method::GET, "/v1/tags", Permission::TagsRead) => list_tags,
        /// Renames a tag, or merges it into another.
        bulk(Method::PUT, "/v1/tags/{key}", Permission::TagsWrite) => rename_tag,
        /// Deletes a tag.
        bulk(Method::DELETE, "/v1/tags/{key}", Permission::TagsDelete) => delete_tag,
    }
    views [input] {
        /// Lists saved views.
        http(Method::GET, "/v1/views", Permission::ProductsRead) => list_views,
        /// Keeps a view.
        http(Method::POST, "/v1/views", Permission::ProductsRead) => create_view,
        /// Changes a view.
        http(Method::PUT, "/v1/views/{id}", Permission::ProductsRead) => change_view,
        /// Deletes a view.
        http(Method::DELETE, "/v1/views/{id}", Permission::ProductsRead) => delete_view,
    }
    completeness {
        /// Lists what a complete product has, by channel and language.
        http(Method::GET, "/v1/completeness-rules", Permission::ProductsRead) => list_completeness_rules,
        /// Sets what a complete product has in a channel.
        bulk(Method::PUT, "/v1/completeness-rules/{key}", Permission::ProductsWrite) => put_completeness_rules,
        /// Deletes the rules of a channel.
        bulk(Method::DELETE, "/v1/completeness-rules/{key}", Permission::ProductsDelete) => delete_completeness_rules,
    }
    overview {
        /// Gives every product that changed since a cursor, in order.
        http(Method::GET, "/v1/changes", Permission::ProductsRead) => list_changes,
        /// Gives the figures of a dashboard.
        http(Method::GET, "/v1/catalog/statistics", Permission::AnalyticsRead) => get_statistics,
        /// Gives what was decided about the catalogue.
        http(Method::GET, "/v1/catalog/rules", Permission::ProductsRead) => get_rules,
        /// Decides about language, sources, locks and history of the catalogue.
        http(Method::PUT, "/v1/catalog/rules", Permission::AdminSettings) => set_rules,
    }
}
