//! The tenant's catalogue: products, their categories, attributes and families, their history and their completeness.
//!
//! Every write of products uses the same code of `db_catalog`, imports included. Work on many products is a job: a row
//! whose steps run within the request if the job is small, and in [`run_job`] if it is large.

use runtime::{Method, Permission, functions};

pub use jobs::background::JobMessage;
pub use products::input::ProductFields;

functions! {
    products [associations, input] {
        /// Lists, filters, sorts and searches products.
        http(Method::GET, "/v1/products", Permission::ProductsRead) => list_products,
        /// Creates a product.
        http(Method::POST, "/v1/products", Permission::ProductsWrite) => create_product,
        /// Returns one product.
        http(Method::GET, "/v1/products/{id}", Permission::ProductsRead) => get_product,
        /// Changes a product.
        http(Method::PATCH, "/v1/products/{id}", Permission::ProductsWrite) => update_product,
        /// Moves a product into the trash, or deletes it for good from there.
        http(Method::DELETE, "/v1/products/{id}", Permission::ProductsDelete) => delete_product,
        /// Restores a product from the trash.
        http(Method::POST, "/v1/products/{id}/restore", Permission::ProductsWrite) => restore_product,
        /// Duplicates a product.
        http(Method::POST, "/v1/products/{id}/duplicate", Permission::ProductsWrite) => duplicate_product,
        /// Locks and unlocks fields of a product.
        http(Method::PUT, "/v1/products/{id}/locks", Permission::ProductsWrite) => lock_fields,
        /// Lists the changes of a product, field by field.
        http(Method::GET, "/v1/products/{id}/history", Permission::ProductsRead) => list_history,
        /// Lists where each value of a product comes from.
        http(Method::GET, "/v1/products/{id}/provenance", Permission::ProductsRead) => get_provenance,
        /// Reverts fields of a product to their values before a change.
        http(Method::POST, "/v1/products/{id}/revert", Permission::ProductsWrite) => revert_product,
        /// Lists what a product lacks in each channel and language.
        http(Method::GET, "/v1/products/{id}/completeness", Permission::ProductsRead) => get_completeness,
        /// Returns the products that are associated with a product.
        http(Method::GET, "/v1/products/{id}/associations", Permission::ProductsRead) => get_associations,
        /// Sets the products that are associated with a product.
        http(Method::PATCH, "/v1/products/{id}/associations", Permission::ProductsWrite) => set_associations,
        /// Deletes products after 30 days in the trash, and history after its time.
        schedule("rate(1 day)") => purge_trash,
    }
    jobs [background, input] {
        /// Previews edits of many products.
        http(Method::POST, "/v1/products/bulk-edit/preview", Permission::ProductsWrite) => preview_bulk_edit,
        /// Edits many products.
        bulk(Method::POST, "/v1/products/bulk-edit", Permission::ProductsWrite) => bulk_edit,
        /// Moves many products into the trash.
        bulk(Method::POST, "/v1/products/bulk-trash", Permission::ProductsDelete) => bulk_trash,
        /// Restores many products from the trash.
        bulk(Method::POST, "/v1/products/bulk-restore", Permission::ProductsWrite) => bulk_restore,
        /// Deletes many products in the trash for good.
        bulk(Method::POST, "/v1/products/bulk-purge", Permission::ProductsDelete) => bulk_purge,
        /// Lists jobs on many products.
        http(Method::GET, "/v1/catalog/jobs", Permission::ProductsRead) => list_jobs,
        /// Returns a job on many products.
        http(Method::GET, "/v1/catalog/jobs/{id}", Permission::ProductsRead) => get_job,
        /// Stops a job on many products.
        http(Method::POST, "/v1/catalog/jobs/{id}/cancel", Permission::ProductsWrite) => cancel_job,
        /// Undoes a job on many products.
        bulk(Method::POST, "/v1/catalog/jobs/{id}/undo", Permission::ProductsWrite) => undo_job,
        /// Processes the next products of a job.
        queue("catalog-bulk-jobs") => run_job,
        /// Resumes jobs that stopped.
        schedule("rate(1 minute)") => sweep,
    }
    categories [input] {
        /// Lists the tree of categories.
        http(Method::GET, "/v1/categories", Permission::ProductsRead) => list_categories,
        /// Creates a category.
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
        /// Creates or changes an attribute.
        http(Method::PUT, "/v1/attributes/{key}", Permission::ProductsWrite) => put_attribute,
        /// Deletes an attribute that nothing uses.
        http(Method::DELETE, "/v1/attributes/{key}", Permission::ProductsDelete) => delete_attribute,
        /// Lists attribute groups.
        http(Method::GET, "/v1/attribute-groups", Permission::ProductsRead) => list_attribute_groups,
        /// Creates or changes an attribute group.
        http(Method::PUT, "/v1/attribute-groups/{key}", Permission::ProductsWrite) => put_attribute_group,
        /// Deletes an attribute group.
        http(Method::DELETE, "/v1/attribute-groups/{key}", Permission::ProductsDelete) => delete_attribute_group,
        /// Lists families.
        http(Method::GET, "/v1/families", Permission::ProductsRead) => list_families,
        /// Creates or changes a family.
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
        /// Creates a view.
        http(Method::POST, "/v1/views", Permission::ProductsRead) => create_view,
        /// Changes a view.
        http(Method::PUT, "/v1/views/{id}", Permission::ProductsRead) => change_view,
        /// Deletes a view.
        http(Method::DELETE, "/v1/views/{id}", Permission::ProductsRead) => delete_view,
    }
    completeness {
        /// Lists the rules of completeness, by channel and language.
        http(Method::GET, "/v1/completeness-rules", Permission::ProductsRead) => list_completeness_rules,
        /// Sets the rules of completeness of a channel.
        bulk(Method::PUT, "/v1/completeness-rules/{key}", Permission::ProductsWrite) => put_completeness_rules,
        /// Deletes the rules of completeness of a channel.
        bulk(Method::DELETE, "/v1/completeness-rules/{key}", Permission::ProductsDelete) => delete_completeness_rules,
    }
    overview {
        /// Lists every product that changed since a cursor, in order.
        http(Method::GET, "/v1/changes", Permission::ProductsRead) => list_changes,
        /// Returns the statistics of the catalogue.
        http(Method::GET, "/v1/catalog/statistics", Permission::AnalyticsRead) => get_statistics,
        /// Returns the rules of the catalogue.
        http(Method::GET, "/v1/catalog/rules", Permission::ProductsRead) => get_rules,
        /// Sets the rules of the catalogue: language, sources, locks and history.
        http(Method::PUT, "/v1/catalog/rules", Permission::AdminSettings) => set_rules,
    }
}
