//! Products as they are stored, and as the API shows them.

use std::collections::HashSet;

use db_tenancy::{TenantTx, begin, error};
use product::{Content, Dimensions, LengthUnit, Owners, Product, ProductStatus, Texts, Weight, WeightUnit, grade};
use runtime::{Error, Result, TenantId};
use serde_json::{Map, Value};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::CatalogDb;

/// The columns of a [`Product`].
pub(crate) const COLUMNS: &str = "product_id, version, sku, ean, title, description, short_description, brand, category, \
    category_ids, family, price, net_price, compare_at_price, cost_price, currency, tax_rate, stock, weight_grams, weight_unit, \
    length_mm, width_mm, height_mm, dimension_unit, image_urls, no_images, supplier_id, supplier_reference, status, parent_id, \
    option_axes, options, tags, attributes, texts, seo_title, seo_description, slug, identifiers, completeness, missing, \
    media, locked, trashed_at, created_at, updated_at, owners, import_id, import_row";

/// Reads a product from a row of [`COLUMNS`].
pub(crate) fn product(row: &PgRow) -> sqlx::Result<Product> {
    let amount = |name: &str| -> sqlx::Result<Option<rust_decimal::Decimal>> {
        Ok(row.try_get::<Option<rust_decimal::Decimal>, _>(name)?.map(|amount| amount.normalize()))
    };
    let weight_unit =
        row.try_get::<Option<&str>, _>("weight_unit")?.and_then(WeightUnit::named).unwrap_or(WeightUnit::Gram);
    let dimension_unit =
        row.try_get::<Option<&str>, _>("dimension_unit")?.and_then(LengthUnit::named).unwrap_or_default();
    let status: &str = row.try_get("status")?;
    let completeness = row.try_get("completeness")?;
    let none_known: bool = row.try_get("no_images")?;
    let content = Content {
        title: row.try_get("title")?,
        sku: row.try_get("sku")?,
        ean: row.try_get("ean")?,
        description: row.try_get("description")?,
        short_description: row.try_get("short_description")?,
        brand: row.try_get("brand")?,
        category: row.try_get("category")?,
        category_ids: row.try_get("category_ids")?,
        family: row.try_get("family")?,
        price: amount("price")?,
        net_price: amount("net_price")?,
        compare_at_price: amount("compare_at_price")?,
        cost_price: amount("cost_price")?,
        currency: row.try_get("currency")?,
        tax_rate: amount("tax_rate")?,
        stock: row.try_get("stock")?,
        weight: amount("weight_grams")?.map(|grams| Weight::from_grams(grams, weight_unit)),
        dimensions: Dimensions::from_millimetres(
            [amount("length_mm")?, amount("width_mm")?, amount("height_mm")?],
            dimension_unit,
        ),
        image_urls: Some(row.try_get("image_urls")?).filter(|urls: &Vec<String>| !urls.is_empty() || none_known),
        supplier_id: row.try_get("supplier_id")?,
        supplier_reference: row.try_get("supplier_reference")?,
        status: ProductStatus::parse(status).unwrap_or_default(),
        parent_id: row.try_get("parent_id")?,
        option_axes: row.try_get("option_axes")?,
        options: row.try_get::<Json<_>, _>("options")?.0,
        tags: row.try_get("tags")?,
        attributes: row.try_get::<Json<Map<String, Value>>, _>("attributes")?.0,
        texts: row.try_get::<Json<std::collections::BTreeMap<String, Texts>>, _>("texts")?.0,
        seo_title: row.try_get("seo_title")?,
        seo_description: row.try_get("seo_description")?,
        slug: row.try_get("slug")?,
        identifiers: row.try_get::<Json<_>, _>("identifiers")?.0,
    };
    let import: (Option<Uuid>, Option<i32>) = (row.try_get("import_id")?, row.try_get("import_row")?);
    Ok(Product {
        id: row.try_get("product_id")?,
        version: row.try_get("version")?,
        content,
        completeness,
        grade: grade(completeness),
        missing: row.try_get("missing")?,
        media: row.try_get("media")?,
        locked: row.try_get("locked")?,
        trashed_at: row.try_get("trashed_at")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        owners: row.try_get::<Json<Owners>, _>("owners")?.0,
        import: import.0.zip(import.1),
    })
}

/// Returns the products with these ids, in the order of their ids. With `locked`, they and their parents stay locked
/// until the transaction ends.
pub(crate) async fn by_ids(
    tx: &mut TenantTx,
    tenant: TenantId,
    ids: &[Uuid],
    locked: bool,
) -> sqlx::Result<Vec<Product>> {
    // A write of a variant reads its parent. Locking the parent here too, in the order of ids, prevents deadlocks.
    let (parents, lock) = match locked {
        true => (
            "|| array(select parent_id from products where tenant_id = $1 and product_id = any($2) and parent_id is not null)",
            "for no key update",
        ),
        false => ("", ""),
    };
    let select = format!(
        "select {COLUMNS} from products where tenant_id = $1 and product_id = any($2::uuid[] {parents}) order by product_id {lock}"
    );
    let rows = sqlx::query(AssertSqlSafe(select)).bind(tenant.0).bind(ids).fetch_all(&mut **tx).await?;
    let mut products: Vec<Product> = rows.iter().map(product).collect::<sqlx::Result<_>>()?;
    if locked {
        let wanted: HashSet<&Uuid> = ids.iter().collect();
        products.retain(|product| wanted.contains(&product.id));
    }
    Ok(products)
}

/// Returns one product, or 404.
pub(crate) async fn one(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<Product> {
    let found = by_ids(tx, tenant, &[id], false).await.map_err(error)?;
    found.into_iter().next().ok_or_else(|| Error::NotFound(messages::things::product()))
}

/// Returns one product, locked until the transaction ends, or 404.
pub(crate) async fn for_update(tx: &mut TenantTx, tenant: TenantId, id: Uuid) -> Result<Product> {
    let found = by_ids(tx, tenant, &[id], true).await.map_err(error)?;
    found.into_iter().next().ok_or_else(|| Error::NotFound(messages::things::product()))
}

impl CatalogDb {
    /// Returns the product with this id, also if it is in the trash.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub async fn product(&self, tenant: TenantId, id: Uuid) -> Result<Product> {
        let mut tx = begin(&self.pool, tenant).await?;
        one(&mut tx, tenant, id).await
    }

    /// Returns those of `ids` that are products of the tenant.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn known_products(&self, tenant: TenantId, ids: &[Uuid]) -> Result<Vec<Uuid>> {
        let mut tx = begin(&self.pool, tenant).await?;
        let known = sqlx::query_scalar!(
            "select product_id from products where tenant_id = $1 and product_id = any($2)",
            tenant.0,
            ids
        );
        known.fetch_all(&mut *tx).await.map_err(error)
    }

    /// Returns the products with these codes, by code. A code is a SKU, in any case, or an EAN, in any of its
    /// spellings.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn products_by_codes(
        &self,
        tenant: TenantId,
        codes: &[String],
    ) -> Result<std::collections::HashMap<String, Uuid>> {
        let gtins: Vec<String> = codes.iter().map(|code| format!("{code:0>14}")).collect();
        let mut tx = begin(&self.pool, tenant).await?;
        let found = sqlx::query!(
            "select r.code as \"code!\", p.product_id
             from unnest($2::text[], $3::text[]) as r(code, gtin)
             join products p on p.tenant_id = $1 and p.trashed_at is null
                  and (p.sku = r.code or p.sku = upper(r.code) or p.sku = lower(r.code) or p.gtin14 = r.gtin)
             order by p.sku = r.code",
            tenant.0,
            codes,
            &gtins
        );
        let found = found.fetch_all(&mut *tx).await.map_err(error)?;
        // The exact spelling of a SKU comes last, so it wins.
        Ok(found.into_iter().map(|row| (row.code, row.product_id)).collect())
    }
}
