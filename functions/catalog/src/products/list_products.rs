//! `GET /v1/products`

use db_catalog::{CatalogDb, Condition, Op, ProductPage, ProductQuery, Sort};
use runtime::{Cx, Error, PageQuery, Query, Result};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use uuid::Uuid;

/// Filters, order and count of a list of products. Absent filters do not filter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct ProductFilter {
    /// Words, or a code. Accents, case and small misspellings do not matter; a product with exactly this SKU or EAN
    /// comes first.
    pub q: Option<String>,
    /// The exact SKU.
    pub sku: Option<String>,
    /// The GTIN, in any of its spellings.
    pub ean: Option<String>,
    /// The supplier.
    pub supplier_id: Option<Uuid>,
    /// The status: `draft`, `active`, `inactive` or `archived`.
    pub status: Option<String>,
    /// The brand; case does not matter.
    pub brand: Option<String>,
    /// Products in this category or one below it.
    pub category_id: Option<Uuid>,
    /// Products with this tag; case does not matter.
    pub tag: Option<String>,
    /// Products of this family.
    pub family: Option<String>,
    /// The variants of this product.
    pub parent_id: Option<Uuid>,
    /// The kind: `simple`, `parent` or `variant`.
    pub kind: Option<String>,
    /// Products with an image (`true`) or without one (`false`).
    pub has_image: Option<bool>,
    /// The lowest completeness.
    pub min_completeness: Option<u8>,
    /// The highest completeness.
    pub max_completeness: Option<u8>,
    /// Products that do not meet this criterion of completeness.
    pub missing: Option<String>,
    /// The lowest price.
    pub min_price: Option<String>,
    /// The highest price.
    pub max_price: Option<String>,
    /// Products that changed at this time (RFC 3339) or later.
    pub changed_since: Option<String>,
    /// Whether to list only products in the trash. Default: only products that are not in the trash.
    pub trashed: bool,
    /// More conditions that a product must meet, as a JSON list: `[{"field": "attributes.color", "op": "in", "value":
    /// ["red"]}]`.
    pub filter: Option<String>,
    /// The order: `created_at`, `updated_at`, `title`, `price`, `stock` or `completeness`.
    #[param(value_type = Option<String>)]
    pub sort: Option<Sort>,
    /// Whether the order is reversed.
    pub descending: bool,
    /// Whether to count the products on all pages: exactly up to 10,000, estimated above.
    pub count: bool,
}

impl ProductFilter {
    fn into_query(self) -> Result<ProductQuery> {
        let more: Vec<Condition> = match &self.filter {
            None => Vec::new(),
            Some(text) => serde_json::from_str(text)
                .map_err(|problem| Error::invalid("filter", "invalid", messages::catalog::filter_not_json(problem)))?,
        };
        let mut query = ProductQuery { q: self.q, filter: more, sort: self.sort, descending: self.descending };
        let text = |id: Option<Uuid>| id.map(|id| id.to_string());
        query.and("sku", Op::Equals, self.sku);
        query.and("ean", Op::Equals, self.ean);
        query.and("supplier_id", Op::Equals, text(self.supplier_id));
        query.and("status", Op::Equals, self.status);
        query.and("brand", Op::Equals, self.brand);
        query.and("category_ids", Op::Equals, text(self.category_id));
        query.and("tags", Op::Equals, self.tag);
        query.and("family", Op::Equals, self.family);
        query.and("parent_id", Op::Equals, text(self.parent_id));
        query.and("kind", Op::Equals, self.kind);
        query.and("image", Op::Equals, self.has_image);
        query.and("completeness", Op::AtLeast, self.min_completeness);
        query.and("completeness", Op::AtMost, self.max_completeness);
        query.and("missing", Op::Equals, self.missing);
        query.and("price", Op::AtLeast, self.min_price);
        query.and("price", Op::AtMost, self.max_price);
        query.and("updated_at", Op::AtLeast, self.changed_since);
        query.and("trashed", Op::Equals, self.trashed.then_some(Value::Bool(true)));
        Ok(query)
    }
}

/// Lists, filters and searches products. Default order: the newest first, or with `q` the best match first.
pub async fn list_products(cx: Cx, filter: Query<ProductFilter>, page: Query<PageQuery>) -> Result<ProductPage> {
    let count = filter.0.count;
    let query = filter.0.into_query()?;
    query.check()?;
    cx.get::<CatalogDb>().await?.find_products(cx.tenant()?, &query, &page.0, count).await
}
