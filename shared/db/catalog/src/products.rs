//! Products as the API shows them.

use db_tenancy::{begin, error};
use product::ProductStatus;
use runtime::{Cursor, Error, Page, Result, TenantId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::CatalogDb;

/// A product. Amounts are decimal numbers as text; `null` = not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Product {
    /// The id.
    pub id: Uuid,
    /// The seller's code.
    pub sku: Option<String>,
    /// The GTIN, leading zeros kept.
    pub ean: Option<String>,
    /// The name.
    pub title: String,
    /// The long text, HTML allowed.
    pub description: Option<String>,
    /// The summary.
    pub short_description: Option<String>,
    /// The brand.
    pub brand: Option<String>,
    /// The category's path.
    pub category: Option<String>,
    /// The selling price, VAT included.
    pub price: Option<Decimal>,
    /// The selling price without VAT.
    pub net_price: Option<Decimal>,
    /// The price before a sale, VAT included.
    pub compare_at_price: Option<Decimal>,
    /// What the seller pays, without VAT.
    pub cost_price: Option<Decimal>,
    /// The ISO 4217 code of all prices.
    pub currency: Option<String>,
    /// Whole pieces.
    pub stock: Option<i32>,
    /// The weight of a piece, in grams.
    pub weight_grams: Option<Decimal>,
    /// The images' addresses, the main one first.
    pub image_urls: Vec<String>,
    /// The supplier.
    pub supplier_id: Option<Uuid>,
    /// The supplier's code.
    pub supplier_reference: Option<String>,
    /// `draft`, `active`, `inactive` or `archived`.
    pub status: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// Which products are wanted; what is not said does not matter.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub struct ProductFilter {
    /// This SKU, exactly.
    pub sku: Option<String>,
    /// This GTIN, in any of its spellings.
    pub ean: Option<String>,
    /// This supplier.
    pub supplier_id: Option<Uuid>,
    /// This status.
    #[param(value_type = Option<String>)]
    pub status: Option<ProductStatus>,
}

impl CatalogDb {
    /// The product with this id.
    ///
    /// # Errors
    /// 404 when the tenant has none.
    pub async fn product(&self, tenant: TenantId, id: Uuid) -> Result<Product> {
        let mut tx = begin(&self.pool, tenant).await?;
        sqlx::query_as!(
            Product,
            "select product_id as id, sku, ean, title, description, short_description, brand, category, price, net_price,
                    compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_id,
                    supplier_reference, status, created_at, updated_at
             from products where tenant_id = $1 and product_id = $2",
            tenant.0,
            id
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(error)?
        .ok_or(Error::NotFound("product"))
    }

    /// The products that `filter` wants, the newest first; `before` is the last id of the page before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn products(
        &self,
        tenant: TenantId,
        filter: &ProductFilter,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Page<Product>> {
        let gtin14 = filter.ean.as_ref().map(|ean| format!("{:0>14}", ean.trim()));
        let mut tx = begin(&self.pool, tenant).await?;
        let products = sqlx::query_as!(
            Product,
            "select product_id as id, sku, ean, title, description, short_description, brand, category, price, net_price,
                    compare_at_price, cost_price, currency, stock, weight_grams, image_urls, supplier_id,
                    supplier_reference, status, created_at, updated_at
             from products
             where tenant_id = $1
               and ($2::text is null or sku = $2) and ($3::text is null or gtin14 = $3)
               and ($4::uuid is null or supplier_id = $4) and ($5::text is null or status = $5)
               and ($6::uuid is null or product_id < $6)
             order by product_id desc limit $7",
            tenant.0,
            filter.sku,
            gtin14,
            filter.supplier_id,
            filter.status.map(ProductStatus::as_str),
            before,
            limit + 1
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(error)?;
        Ok(Page::cut(products, limit, |product| Cursor::Id(product.id)))
    }
}
