//! `DELETE /v1/suppliers/{id}`

use db_catalog::{CatalogDb, Condition, ProductQuery};
use db_suppliers::SuppliersDb;
use db_tenancy::Stamp;
use runtime::{Cx, Error, NoContent, PageQuery, Path, Result};

/// Deletes a supplier that has no products.
pub async fn delete_supplier(cx: Cx, id: Path) -> Result<NoContent> {
    let (db, tenant) = (cx.get::<SuppliersDb>().await?, cx.tenant()?);
    db.supplier(tenant, id.0).await?;
    let trashed = serde_json::json!([true, false]);
    let of_supplier = ProductQuery {
        filter: vec![
            Condition::equals("supplier_id", id.0.to_string()),
            Condition { field: "trashed".to_owned(), op: db_catalog::Op::In, value: trashed },
        ],
        ..ProductQuery::default()
    };
    let first = PageQuery { limit: Some(1), cursor: None };
    if !cx.get::<CatalogDb>().await?.find_products(tenant, &of_supplier, &first, false).await?.data.is_empty() {
        return Err(Error::Conflict { code: "supplier_in_use", message: messages::suppliers::has_products() });
    }
    db.delete_supplier(tenant, id.0, &Stamp::of(&cx)?).await?;
    Ok(NoContent)
}
