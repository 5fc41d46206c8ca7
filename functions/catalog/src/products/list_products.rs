//! `GET /v1/products`

use db_catalog::{CatalogDb, Condition, Op, ProductPage, ProductQuery, Sort};
use runtime::{Cx, Error, PageQuery, Query, Result};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use uuid::Uuid;

/// Which products are wanted; what is not said does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct ProductFilter {
    /// Words, or a code. Accents, case and a slip of the pen are forgiven; exactly this SKU or EAN comes first.
    pub q: Option<String>,
    /// This SKU, exactly.
    pub sku: Option<String>,
    /// This GTIN, in any of its spellings.
    pub ean: Option<String>,
    /// This supplier.
    pub supplier_id: Option<Uuid>,
    /// `draft`, `active`, `inactive` or `archived`.
    pub status: Option<String>,
    /// This brand, whatever its case.
    pub brand: Option<String>,
    /// In this category or one below it.
    pub category_id: Option<Uuid>,
    /// With this tag, whatever its case.
    pub tag: Option<String>,
    /// Of this family.
    pub family: Option<String>,
    /// The variants of this product.
    pub parent_id: Option<Uuid>,
    /// `simple`, `parent` or `variant`.
    pub kind: Option<String>,
    /// With an image, or without one.
    pub has_image: Option<bool>,
    /// The completeness at least.
    pub min_completeness: Option<u8>,
    /// The completeness at most.
    pub max_completeness: Option<u8>,
    /// Lacking this criterion of completeness.
    pub missing: Option<String>,
    /// The price at least.
    pub min_price: Option<String>,
    /// The price at most.
    pub max_price: Option<String>,
    /// Changed since this moment (RFC 3339).
    pub changed_since: Option<String>,
    /// Only what is in the trash.
    pub trashed: bool,
    /// More conditions, all of which hold, as a JSON list: `[{"field": "attributes.color", "op": "in", "value": ["red"]}]`.
    pub filter: Option<String>,
    /// `created_at`, `updated_at`, `title`, `price`, `stock` or `completeness`.
    #[param(value_type = Option<String>)]
    pub sort: Option<Sort>,
    /// Whether the order is turned round.
    pub descending: bool,
    /// Whether to count the products on all pages: exactly up to 10,000, estimated above.
    pub count: bool,
}

impl ProductFilter {
    fn into_query(self) -> Result<ProductQuery> {
        let more: Vec<Condition> = match &self.filter {
            None => Vec::new(),
            Some(text) => serde_json::from_str(text).map_err(|problem| {
                Error::invalid("filter", "invalid", format!("expected a JSON list of conditions: {problem}"))
            })?,
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

/// The products that are wanted, the newest first unless said.
pub async fn list_products(cx: Cx, filter: Query<ProductFilter>, page: Query<PageQuery>) -> Result<ProductPage> {
    let count = filter.0.count;
    let query = filter.0.into_query()?;
    query.check()?;
    cx.get::<CatalogDb>().await?.find_products(cx.tenant()?, &query, &page.0, count).await
}
